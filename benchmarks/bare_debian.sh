#!/bin/sh
# What the two commands of the README take in a bare Debian without Qt's libraries: minutes, and megabytes (2^20) of disk.
# usage: sh benchmarks/bare_debian.sh FOLDER [demo|test]...      as root, with debootstrap; FOLDER is made, 8 GB
# Certificates of the network (SSL_CERT_FILE) and settings of pip (PIP_…, /etc/pip.conf) are taken along.
set -eu
root=$1
shift
source=$(cd "$(dirname "$0")/.." && pwd)

debootstrap --variant=minbase bookworm "$root" > "$root.log"
# Whoever deletes the folder while /dev is mounted there deletes the machine's own; dash needs the second line for it.
trap 'umount "$root/proc" "$root/dev"' EXIT
trap 'exit 1' HUP INT TERM
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
[ -z "${SSL_CERT_FILE:-}" ] || install -D "$SSL_CERT_FILE" "$root$SSL_CERT_FILE.here"

inside() {
    certificates=${SSL_CERT_FILE:+$SSL_CERT_FILE.here}
    chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${certificates:+SSL_CERT_FILE="$certificates" PIP_CERT="$certificates"} sh -c "$1"
}

megabytes() {
    du -sxm "$1" | cut -f1
}

inside "apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 make" >> "$root.log" 2>&1
git -C "$source" archive --prefix=orange3-imaging/ HEAD | tar -x -C "$root/root"
echo "Debian with Python and make: $(megabytes "$root") MB"
for target in "${@:-demo}"; do
    started=$(date +%s)
    inside "cd ~/orange3-imaging && make $target"
    took=$(($(date +%s) - started))
    echo "make $target: $took s; .venv: $(megabytes "$root/root/orange3-imaging/.venv") MB; all: $(megabytes "$root") MB"
done
