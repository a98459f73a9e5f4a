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

# need_packages NAME…: what is missing is installed, as root or by sudo. The names are Debian's and Ubuntu's.
need_packages() {
	local sudo=
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	if command -v apt-get >/dev/null; then
		need_debs "$@"
	elif command -v dnf >/dev/null; then
		# shellcheck disable=SC2046 # words
		$sudo dnf install -y -q $(fedora_names "$@")
	else
		echo "these scripts know the packages of Debian, Ubuntu and Fedora only; elsewhere install by hand: $*" >&2
		return 1
	fi
}

need_debs() {
	local missing=() p toml=
	for p in "$@"; do
		[ "$p" != libtomlplusplus-dev ] || [ ! -e /usr/local/lib/pkgconfig/tomlplusplus.pc ] || continue
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	echo "installing: ${missing[*]}"
	# A mirror may fail once, and another program (a machine's daily upgrade) may hold the lock for a while.
	local patience=(-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
	$sudo apt-get "${patience[@]}" update -qq || return 1
	if [[ " ${missing[*]} " == *" libtomlplusplus-dev "* ]] && [ -z "$(apt-cache madison libtomlplusplus-dev)" ]; then
		missing=("${missing[@]/libtomlplusplus-dev/}") toml=1
	fi
	# shellcheck disable=SC2046 # words
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get "${patience[@]}" install -y -qq --no-install-recommends \
		$(printf '%s\n' "${missing[@]}") >/dev/null || return 1
	[ -z "$toml" ] || $sudo "$top/scripts/get-tomlplusplus"
}

# Mirrors of Debian: those that this machine uses, or the public one. Files of security updates are in a pool of their own.
find_mirrors() {
	local uri label
	mirrors=()
	if [ -n "${CCENV_DEBIAN_MIRROR:-}" ]; then
		mirrors=("$CCENV_DEBIAN_MIRROR/pool/main" "$CCENV_DEBIAN_MIRROR-security/pool/updates/main")
		return
	fi
	while read -r label uri; do
		case $label in
		Debian) mirrors+=("${uri%/}/pool/main") ;;
		Debian-Security) mirrors+=("${uri%/}/pool/updates/main") ;;
		esac
	done < <(apt-get indextargets --format '$(LABEL) $(REPO_URI)' | sort -u)
	# The hashes say what is right, whatever the way.
	[ ${#mirrors[@]} -gt 0 ] || mirrors=(http://deb.debian.org/debian/pool/main http://deb.debian.org/debian-security/pool/updates/main)
}

# debian_file URL-PATH FILE SHA256: one file of Debian's pool, from the first mirror that has it, unless it is there already.
debian_file() {
	local mirror
	[ -f "$2" ] && sha256sum --quiet -c - <<<"$3  $2" 2>/dev/null && return 0
	for mirror in "${mirrors[@]}"; do
		rm -f "$2"
		if command -v apt-get >/dev/null; then
			/usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$mirror/$1" "$2" >/dev/null 2>&1 || continue
		else
			curl -fsSL -o "$2" "$mirror/$1" || continue
		fi
		sha256sum --quiet -c - <<<"$3  $2" && return 0
	done
	echo "$(basename "$2") (sha256 $3) is at none of: ${mirrors[*]}" >&2
	return 1
}

# The same packages by Fedora's names.
fedora_names() {
	local p
	for p in "$@"; do
		case $p in
		g++) echo gcc-c++ ;;
		libc6-dev) echo glibc-devel ;;
		pkgconf) echo pkgconf-pkg-config ;;
		libcurl4-openssl-dev) echo libcurl-devel ;;
		libssl-dev) echo openssl-devel ;;
		libxxhash-dev) echo xxhash-devel ;;
		libjansson-dev) echo jansson-devel ;;
		libtomlplusplus-dev) echo tomlplusplus-devel ;;
		libcmocka-dev) echo libcmocka-devel ;;
		lib*-dev) echo "${p%-dev}-devel" ;;
		python3-venv) echo python3 ;;
		universal-ctags) echo ctags ;;
		clangd) echo clang-tools-extra ;;
		*) echo "$p" ;;
		esac
	done | sort -u
}

# What it takes to build ccenv and to run its demo.
build_packages=(gcc g++ libc6-dev make cmake ninja-build pkgconf libsolv-dev libcurl4-openssl-dev libjansson-dev
	libarchive-dev libzstd-dev libxxhash-dev libpkgconf-dev libssl-dev libyaml-dev libtomlplusplus-dev
	ca-certificates)
# What the test channel takes besides.
channel_packages=(python3 python3-venv binutils)
# What the fast suite takes besides.
fast_packages=(libcmocka-dev git strace util-linux meson ccache fish zsh bubblewrap faketime clangd universal-ctags openssl zstd)
# What everything takes besides: one version of clang's tools decides about style.
test_packages=("${fast_packages[@]}" clang-14 llvm-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 python3-jsonschema groff-base
	qemu-user-static file)

# What scripts/release takes.
release_packages=(git cmake ninja-build make perl pkgconf dpkg-dev binutils python3 python3-venv xz-utils ca-certificates)

# build_ccenv DIR [cmake arguments…]
build_ccenv() {
	local dir=$1
	shift
	cmake -S "$top" -B "$dir" -G Ninja "$@" >"$dir.log" 2>&1 && cmake --build "$dir" >>"$dir.log" 2>&1 || {
		tail -n 60 "$dir.log" >&2
		return 1
	}
}
