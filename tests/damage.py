"""Files as they arrive when something went wrong on the way."""

import random


def damaged(whole, count, seed=0):
    """Copies of a file: cut, with bytes changed, with bytes left out."""
    draw = random.Random(seed)
    for number in range(count):
        data = bytearray(whole)
        if number % 3 == 0:
            yield bytes(data[:draw.randrange(len(data))])
        elif number % 3 == 1:
            for _ in range(draw.choice([1, 1, 2, 5, 30])):
                data[draw.randrange(len(data))] = draw.randrange(256)
            yield bytes(data)
        else:
            start = draw.randrange(len(data))
            del data[start:start + draw.randrange(1, 40)]
            yield bytes(data)
