"""Orange tables of pictures and of their embeddings. Nothing here needs Qt."""
