# SPDX-License-Identifier: MIT
# What the scripts share: steps with their times, and the packages of the distribution.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
step_names=()
step_times=()

now_ms() { date +%s%3N; }

# step NAME COMMAND…: runs it, notes how long it took; its failure ends the script and names it.
step() {
	local name=$1 begin end
	shift
	printf '== %s\n' "$name"
	begin=$(now_ms)
	"$@" || {
		printf 'FAILED: %s\n' "$name" >&2
		exit 1
	}
	end=$(now_ms)
	step_names+=("$name")
	step_times+=($((end - begin)))
}

# The times of all steps.
step_table() {
	local i total=0
	printf '\n%-44s %9s\n' step seconds
	for i in "${!step_names[@]}"; do
		printf '%-44s %9s\n' "${step_names[$i]}" "$(seconds "${step_times[$i]}")"
		total=$((total + step_times[i]))
	done
	printf '%-44s %9s\n\n' total "$(seconds $total)"
}

seconds() { printf '%d.%02d' $(($1 / 1000)) $(($1 % 1000 / 10)); }

# need_packages NAME…: what is missing is installed, as root or by sudo.
need_packages() {
	local missing=() p sudo=
	command -v apt-get >/dev/null || {
		echo "these scripts know Debian's and Ubuntu's packages only; elsewhere install by hand: $*" >&2
		return 1
	}
	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	echo "installing: ${missing[*]}"
	# A mirror may fail once, and another program (a machine's daily upgrade) may hold the lock for a while.
	local patience=(-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
	$sudo apt-get "${patience[@]}" update -qq &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get "${patience[@]}" install -y -qq --no-install-recommends \
			"${missing[@]}" >/dev/null
}

# What it takes to build ccenv and to run its demo.
build_packages=(gcc g++ libc6-dev make cmake ninja-build pkg-config libsolv-dev libcurl4-openssl-dev libjansson-dev
	libarchive-dev libzstd-dev libxxhash-dev libpkgconf-dev libssl-dev libyaml-dev libtomlplusplus-dev
	ca-certificates)
# What the test channel takes besides.
channel_packages=(python3 python3-venv binutils)
# What the tests take besides.
test_packages=(libcmocka-dev clang-14 llvm-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 pkgconf git strace util-linux
	meson ccache fish clangd universal-ctags openssl zstd qemu-user-static file)

# build_ccenv DIR [cmake arguments…]
build_ccenv() {
	local dir=$1
	shift
	cmake -S "$top" -B "$dir" -G Ninja "$@" >"$dir.log" 2>&1 && cmake --build "$dir" >>"$dir.log" 2>&1 || {
		tail -n 60 "$dir.log" >&2
		return 1
	}
}
