# SPDX-License-Identifier: MIT
# Programs for aarch64 on another machine, by qemu-aarch64-static. Sourced by arm64 and chroots.
# shellcheck shell=bash

# Is the system for another machine than this one?
foreign() {
	[ "$(uname -m)" = x86_64 ] && [ "$(od -An -tx1 -j18 -N1 "$(realpath "$1/usr/bin/env")")" = " b7" ]
}

# In a user namespace, for it alone (Linux 6.7): this machine stays as it is.
use_qemu() {
	mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
	# An ELF file for aarch64, of whatever ABI; F: the interpreter is opened here, not in the system.
	printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$(command -v qemu-aarch64-static):F" \
		>/proc/sys/fs/binfmt_misc/register
}
