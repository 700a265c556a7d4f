"""Vectors of very many pictures, in files of so many each: made by any number of computers, without a server."""
