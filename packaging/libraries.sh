# SPDX-License-Identifier: MIT
# The libraries of a released ccenv, as static archives; of each only what ccenv calls. Sourced by scripts/release, which
# puts ccenv-cc, ccenv-ar and ccenv-ranlib first in PATH and sets
#
#   $src      the unpacked sources, one folder each
#   $deps     where the libraries are installed
#   $build    a scratch folder, with toolchain.cmake
#   $arch     x86_64 or aarch64
#   $system   Linux or Darwin
#   $jobs     processes at a time
#
# shellcheck shell=bash disable=SC2154

# In the order in which they are built: the later ones use the earlier ones.
libraries=(zlib bzip2 xxhash tomlplusplus libyaml libzstd jansson pkgconf libsolv openssl nghttp2 libarchive curl)

# cmake_library FOLDER [cmake argument…]
cmake_library() {
	local name=$1
	shift
	cmake -S "$src/$name" -B "$build/$name" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$build/toolchain.cmake" \
		-DCMAKE_INSTALL_PREFIX="$deps" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
		-DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@" &&
		cmake --build "$build/$name" -j "$jobs" && cmake --install "$build/$name"
}

# archive LIBRARY "FLAG…" FILE…: compiles the files as they are, where a library's own build would do much more.
archive() {
	local name=$1 flags=$2
	shift 2
	rm -rf "${build:?}/$name.o" "$deps/lib/lib$name.a"
	mkdir -p "$build/$name.o" "$deps/lib" "$deps/include"
	# A number goes before each name: two folders may have a file of the same name.
	# shellcheck disable=SC2016 # for the inner shell
	printf '%s\n' "$@" | awk '{ printf "%03d %s\n", NR, $0 }' | xargs -P "$jobs" -L 1 sh -c 'number=$2 file=$3
		exec ccenv-cc -O2 $0 -c "$file" -o "$1/$number-$(basename "${file%.[cS]}").o"' "$flags" "$build/$name.o" &&
		ccenv-ar rcs "$deps/lib/lib$name.a" "$build/$name.o"/*.o
}

# pc NAME VERSION [LIBS [CFLAGS]]
pc() {
	mkdir -p "$deps/lib/pkgconfig"
	cat >"$deps/lib/pkgconfig/$1.pc" <<-END
		Name: $1
		Description: $1
		Version: $2
		Libs: -L$deps/lib ${3:-}
		Cflags: -I$deps/include ${4:-}
	END
}

build_zlib() {
	# It thinks that a Mac has no fdopen().
	local s=$src/zlib
	archive z "-D_LARGEFILE64_SOURCE=1 -DHAVE_UNISTD_H -Dfdopen=fdopen" "$s"/{adler32,crc32,deflate,infback,inffast,inflate,inftrees}.c \
		"$s"/{trees,zutil,compress,uncompr,gzclose,gzlib,gzread,gzwrite}.c &&
		cp "$s/zlib.h" "$deps/include/" && sed 's/#ifdef HAVE_UNISTD_H.*/#if 1/' "$s/zconf.h.in" >"$deps/include/zconf.h" &&
		pc zlib 1.2.13 -lz
}

build_bzip2() {
	local s=$src/bzip2
	archive bz2 -D_FILE_OFFSET_BITS=64 "$s"/{blocksort,huffman,crctable,randtable,compress,decompress,bzlib}.c &&
		cp "$s/bzlib.h" "$deps/include/"
}

build_xxhash() { # ccenv takes it from its headers
	mkdir -p "$deps/include" && cp "$src/xxhash/xxhash.h" "$src/xxhash/xxh3.h" "$deps/include/" && pc libxxhash 0.8.1
}

build_libzstd() {
	# At -O3, with its assembly for x86-64: unpacking is what an install waits for.
	local s=$src/libzstd/lib
	archive zstd "-O3 -fno-stack-protector -DZSTD_LEGACY_SUPPORT=0 -DXXH_NAMESPACE=ZSTD_ -DZSTD_MULTITHREAD" \
		"$s"/common/*.c "$s"/compress/*.c "$s"/decompress/*.c "$s"/decompress/*.S &&
		cp "$s"/zstd{,_errors}.h "$deps/include/" && pc libzstd 1.5.4 -lzstd
}

build_tomlplusplus() { # the same
	cp -r "$src/tomlplusplus/usr/include/toml++" "$deps/include/" && pc tomlplusplus 3.3.0
}

build_libyaml() {
	local s=$src/libyaml
	archive yaml "-DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 -DYAML_VERSION_PATCH=5 -DYAML_VERSION_STRING=\"0.2.5\" \
		-I$s/include" "$s"/src/{api,dumper,emitter,loader,parser,reader,scanner,writer}.c &&
		cp "$s/include/yaml.h" "$deps/include/" && pc yaml-0.1 0.2.5 -lyaml
}

build_jansson() {
	local s=$src/jansson/src
	mkdir -p "$build/jansson" "$deps/include"
	sed -e 's/@json_inline@/inline/; s/@json_have_[a-z_]*@/1/' "$s/jansson_config.h.in" >"$deps/include/jansson_config.h" && : >"$build/jansson/jansson_private_config.h" &&
		archive jansson "-DHAVE_STDINT_H=1 -DHAVE_UNISTD_H=1 -DHAVE_FCNTL_H=1 -DHAVE_SCHED_H=1 -DHAVE_SYS_STAT_H=1 -DHAVE_SYS_TIME_H=1 \
			-DHAVE_SYS_TYPES_H=1 -DHAVE_OPEN=1 -DHAVE_CLOSE=1 -DHAVE_READ=1 -DHAVE_GETTIMEOFDAY=1 -DHAVE_GETPID=1 \
			-DHAVE_SCHED_YIELD=1 -DHAVE_ATOMIC_BUILTINS=1 -DHAVE_LOCALE_H=1 -DHAVE_STRTOLL=1 -DUSE_URANDOM=1 -I$build/jansson -I$deps/include" "$s"/*.c &&
		cp "$s/jansson.h" "$deps/include/" && pc jansson 2.14 -ljansson
}

build_pkgconf() {
	local s=$src/pkgconf
	mkdir -p "$build/pkgconf/libpkgconf" "$deps/include/libpkgconf"
	cat >"$build/pkgconf/libpkgconf/config.h" <<-'END'
		#define HAVE_STRNDUP 1
		#ifdef __APPLE__
		#define HAVE_STRLCAT 1
		#define HAVE_STRLCPY 1
		#endif
		#define PACKAGE_NAME "pkgconf"
		#define PACKAGE_VERSION "1.8.1"
		#define PACKAGE_BUGREPORT ""
		#define PKG_DEFAULT_PATH ""
		#define SYSTEM_INCLUDEDIR "/usr/include"
		#define SYSTEM_LIBDIR "/usr/lib"
		#define PERSONALITY_PATH ""
	END
	archive pkgconf "-include $build/pkgconf/libpkgconf/config.h -DPKGCONFIG_IS_STATIC -D_GNU_SOURCE -I$build/pkgconf -I$s" \
		"$s"/libpkgconf/*.c && cp "$s"/libpkgconf/*.h "$deps/include/libpkgconf/" &&
		pc libpkgconf 1.8.1 -lpkgconf -DPKGCONFIG_IS_STATIC
}

build_libsolv() {
	# Its core alone: readers of distributions' formats are in libsolvext.
	sed -i 's/^\s*ADD_SUBDIRECTORY *(ext)/#&/I; s/^\s*ADD_SUBDIRECTORY *(tools)/#&/I; s/^\s*ADD_SUBDIRECTORY *(examples)/#&/I
		s/^\s*ADD_SUBDIRECTORY *(test)/#&/I; s/^\s*ADD_SUBDIRECTORY *(bindings)/#&/I; s/^\s*ADD_SUBDIRECTORY *(doc)/#&/I' \
		"$src/libsolv/CMakeLists.txt"
	cmake_library libsolv -DENABLE_STATIC=ON -DDISABLE_SHARED=ON
}

build_openssl() {
	# ccenv finds the certificates itself, and nothing else is read from a folder of OpenSSL's own.
	local target=linux-$arch
	[ "$system" = Linux ] || target=darwin64-${arch/aarch64/arm64}
	# On x86-64 it asks the processor what it has from a piece of .init, which a program linked by zig does not run:
	# without this constructor sha256 takes four times as long.
	[ "$arch" != x86_64 ] || cat >>"$src/openssl/crypto/sha/sha256.c" <<-'END'
		void OPENSSL_cpuid_setup(void);
		__attribute__((constructor)) static void ask_processor(void)
		{
			OPENSSL_cpuid_setup();
		}
	END
	mkdir -p "$build/openssl" && cd "$build/openssl" &&
		CC=ccenv-cc AR=ccenv-ar RANLIB=ccenv-ranlib perl "$src/openssl/Configure" "$target" \
			--prefix=/usr --libdir=lib --openssldir=/etc/ssl no-shared no-tests no-module no-dso no-engine no-legacy \
			no-ui-console no-autoload-config no-cmp no-cms no-ct no-dtls no-srp no-psk no-ssl3 no-tls1 no-tls1_1 no-ts \
			no-comp no-aria no-bf no-blake2 no-camellia no-cast no-dsa no-ec2m no-gost no-idea no-md4 no-mdc2 no-rc2 no-rc4 \
			no-rmd160 no-scrypt no-seed no-siphash no-sm2 no-sm3 no-sm4 no-whirlpool no-afalgeng &&
		make -s build_generated && make -s -j "$jobs" libcrypto.a libssl.a && cp libcrypto.a libssl.a "$deps/lib/" &&
		mkdir -p "$deps/include/openssl" &&
		cp "$src/openssl/include/openssl/"*.h include/openssl/*.h "$deps/include/openssl/" &&
		pc libcrypto 3.0.22 "-lcrypto -ldl -lpthread" && pc libssl 3.0.22 "-lssl -lcrypto -ldl -lpthread"
}

build_nghttp2() {
	local s=$src/nghttp2/lib
	mkdir -p "$deps/include/nghttp2"
	cp "$s/includes/nghttp2/nghttp2.h" "$deps/include/nghttp2/" &&
		sed -e 's/@PACKAGE_VERSION@/1.52.0/; s/@PACKAGE_VERSION_NUM@/0x013400/' "$s/includes/nghttp2/nghttp2ver.h.in" \
			>"$deps/include/nghttp2/nghttp2ver.h" &&
		archive nghttp2 "-DNGHTTP2_STATICLIB -DHAVE_ARPA_INET_H=1 -DHAVE_NETINET_IN_H=1 -DHAVE_TIME_H=1 -DHAVE_CLOCK_GETTIME=1 \
			-DHAVE_DECL_CLOCK_MONOTONIC=1 -I$deps/include -I$s/includes" "$s"/*.c &&
		pc libnghttp2 1.52.0 -lnghttp2 -DNGHTTP2_STATICLIB
}

build_libarchive() {
	# Its hundreds of checks take longer than the rest: the answers for Linux come with it, for what Android builds on its hosts.
	# macOS differs in what is left out and added here.
	local s=$src/libarchive other='(x^)' more=
	[ "$system" = Linux ] || more="-DHAVE_ARC4RANDOM_BUF=1 -DHAVE_STRUCT_STAT_ST_MTIMESPEC_TV_NSEC=1"
	[ "$system" = Linux ] || other='HAVE_(LINUX_[A-Z]*_H|SYS_(STATFS|VFS)_H|FUTIMESAT|STRUCT_STAT_ST_MTIM_TV_NSEC)|STRERROR_R_CHAR_P|LSTAT_FOLLOWS_SLASHED_SYMLINK'
	mkdir -p "$build/libarchive"
	sed -E '1i #define __LIBARCHIVE_CONFIG_H_INCLUDED 1
		/HAVE_(LIBLZMA|LZMA_H|ICONV|ICONV_H|[FGL]+[A-Z]*XATTR|LISTXATTR|SYS_XATTR_H) /d
		/ ('"$other"') /d' "$s/contrib/android/config/linux_host.h" \
		>"$build/libarchive/config.h" || return 1
	archive archive "-DPLATFORM_CONFIG_H=\"$build/libarchive/config.h\" -DHAVE_BZLIB_H=1 -DHAVE_ZSTD_H=1 -DHAVE_LIBZSTD=1 $more -I$deps/include -w" \
		$(find "$s/libarchive" -maxdepth 1 -name '*.c' ! -name '*windows*' ! -name '*_freebsd.c' ! -name '*_darwin.c' ! -name '*_solaris.c' \
			! -name '*_sunos.c' | sort) &&
		cp "$s"/libarchive/archive{,_entry}.h "$deps/include/" && pc libarchive 3.6.2 "-larchive -lz -lbz2 -lzstd"
}

build_curl() {
	local s=$src/curl
	mkdir -p "$build/curl" "$deps/include/curl" && cp "$top/packaging/curl_config.h" "$build/curl/" &&
		cp "$s"/include/curl/*.h "$deps/include/curl/" || return 1
	# Only to make addresses for networks without IPv4: it takes a framework, of which the compiler has no headers.
	sed -i 's/# *define CURL_OSX_CALL_COPYPROXIES 1//' "$s/lib/curl_setup.h"
	archive curl "-DHAVE_CONFIG_H -DBUILDING_LIBCURL -DCURL_STATICLIB -DCURL_HIDDEN_SYMBOLS -DNGHTTP2_STATICLIB \
			-I$build/curl -I$s/lib -I$s/include -I$deps/include" "$s"/lib/*.c "$s"/lib/v{auth,quic,tls}/*.c &&
		pc libcurl 7.88.1 "-lcurl -lssl -lcrypto -lnghttp2 -lz -ldl -lpthread" -DCURL_STATICLIB
}
