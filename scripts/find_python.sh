#!/bin/sh
# Print the Python to build .venv with: $PYTHON where it is set, else the first of this machine from 3.11 to 3.13.
for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    "$name" -c 'import sys; print(sys.executable); sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
        && exit 0
done | grep . && exit 0
echo "No Python from 3.11 to 3.13 was found${PYTHON:+ (PYTHON=$PYTHON)}. Install one, for example:" >&2
echo "    apt-get install python3 python3-venv" >&2
echo "or name one: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
