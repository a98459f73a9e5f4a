#!/bin/sh
# nvcc of CUDA @CUDA_VERSION@ (@TARGET@), written by ccenv. What it does is decided by its arguments alone: variables of the
# environment would change every object, and no build tool and no compiler cache would know. CCENV_HERMETIC=0 lets them in.
# nvcc looks for its nvcc.profile next to the name it was called by, and follows no link.
#
# It also gives nvcc names that stay the same for what nvcc would name after its process and the directory: temporary files, whose
# names get into objects, and the ids of translation units. CCENV_REPRODUCIBLE=0 leaves this out.
self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self")
case $self in
*/*) here=${self%/*} ;;
*) here=. ;;
esac
if [ "${CCENV_HERMETIC:-1}" != 0 ]; then
	unset NVCC_PREPEND_FLAGS NVCC_APPEND_FLAGS NVCC_CCBIN@SCRUB@
fi
cxx=@CXX@
if [ -n "$cxx" ] && [ -z "$NVCC_CCBIN" ]; then
	# Where no -ccbin is given; a -ccbin wins.
	NVCC_CCBIN=$cxx
	export NVCC_CCBIN
fi
# NVIDIA's compilers hang where libfaketime is loaded: their allocator asks for the time.
case $LD_PRELOAD in
*libfaketime*)
	LD_PRELOAD=$(printf '%s' "$LD_PRELOAD" | tr ': ' '\n\n' | grep -v libfaketime | tr '\n' ':')
	export LD_PRELOAD
	;;
esac
mode=${CCENV_REPRODUCIBLE:-@REPRODUCIBLE@}
case $mode in
0 | [Oo][Ff][Ff] | [Ff][Aa][Ll][Ss][Ee] | [Nn][Oo]) exec "$here/nvcc.bin" "$@" ;;
esac

# What is asked for: object is the output, phase how far nvcc goes, sources how many it compiles.
object='' phase=link sources=0 source='' keep='' own='' verbose='' paths='' next=''
for arg; do
	if [ -n "$next" ]; then
		[ "$next" != object ] || object=$arg
		next=''
		continue
	fi
	case $arg in
	-o | --output-file) next=object ;;
	-o=* | --output-file=*) object=${arg#*=} ;;
	-c | -dc | -dw | --compile | --device-c | --device-w) phase=object ;;
	-ptx | --ptx | -cubin | --cubin | -fatbin | --fatbin | -ltoir | --ltoir | -optix-ir | --optix-ir) phase=device ;;
	-cuda | --cuda) phase=device ;;
	-dlink | --device-link) phase=dlink ;;
	-lib | --lib | -E | --preprocess | -M | -MM | --generate-dependencies | --generate-nonsystem-dependencies) phase=other ;;
	-V | --version | -h | --help | -run | --run | --list-gpu-* | -arch-ls | -code-ls) phase=other ;;
	-keep | --keep | -keep-dir* | --keep-dir* | -save-temps | --save-temps) keep=1 ;;
	-objtemp | --objdir-as-tempdir) own="$own objdir" ;;
	-frandom-seed* | --frandom-seed*) own="$own seed" ;;
	*--orig_src_path_name*) own="$own path" ;;
	-v | --verbose | -dryrun | --dryrun) verbose=1 ;;
	-lineinfo | --generate-line-info | -G | --device-debug | -dlto | --dlink-time-opt | *code=*lto_* | -arch=lto_* | --gpu-architecture=lto_*)
		paths="$paths $arg" ;;
	-Xcompiler | --compiler-options | -Xlinker | --linker-options | -Xptxas | --ptxas-options | -Xcudafe | -Xfatbin | -Xnvlink | \
		--nvlink-options | -Xarchive | --archive-options | -I | --include-path | -isystem | --system-include | -D | --define-macro | \
		-U | --undefine-macro | -include | --pre-include | -L | --library-path | -l | --library | -MF | --dependency-output | -MT | \
		--dependency-target | -ccbin | --compiler-bindir | -arch | --gpu-architecture | -code | --gpu-code | -gencode | \
		--generate-code | -std | --std | -x | --x | -t | --threads | -optf | --options-file) next=value ;;
	-*) ;;
	*.cu | *.c | *.cc | *.cpp | *.cxx | *.CPP | *.C | *.ptx | *.cubin) sources=$((sources + 1)) source=$arg ;;
	esac
done
case $mode:$paths in
[Ss][Tt][Rr][Ii][Cc][Tt]:?*)
	# `ccenv exec` says that it is at work.
	if [ -z "$CCENV_EXEC" ]; then
		echo "nvcc:$paths: what it puts into objects depends on where and when the sources were written; with \"reproducible\":" \
			"\"strict\" it is allowed within \`ccenv exec\` only" >&2
		exit 1
	fi
	;;
esac

# The name of the object, as seen from the project: unique in it, and the same in another checkout.
name=$object
if [ -z "$name" ] && [ "$sources" = 1 ]; then
	name=${source##*/}
	name=${name%.*}.$phase
fi
case $name in
"$PWD"/*) name=${name#"$PWD"/} ;;
esac
project=@PROJECT@
[ -z "$project" ] || project=$(CDPATH= cd -- "$project" 2>/dev/null && pwd -P)
if [ -n "$project" ]; then
	case $name in
	"$project"/*) name=${name#"$project"/} ;;
	/*) ;;
	*)
		# ninja has one directory for all; make goes into each.
		case $PWD in
		"$project"/*) [ -e build.ninja ] || name=${PWD#"$project"/}/$name ;;
		esac
		;;
	esac
fi
case $name in
*[!A-Za-z0-9_./+@^~-]*) name=$(printf '%s' "$name" | cksum) && name="x${name%% *}" ;;
esac

# Can nvcc be given this name, and has the caller not given it?
has() {
	case " @NAMES@ " in *" $1 "*) ;; *) return 1 ;; esac
	case " $own " in *" $1 "*) return 1 ;; esac
}
if [ -n "$name" ] && [ "$sources" -le 1 ] && { [ "$phase" = object ] || [ "$phase" = device ] || [ "$phase$sources" = link1 ]; }; then
	! has seed || set -- "--frandom-seed=$name" "$@"
	! has path || set -- "$@" -Xcudafe "--orig_src_path_name=$name"
fi
if [ "$phase" = object ] && [ -z "$keep" ] && has objdir; then
	set -- --objdir-as-tempdir "$@"
fi
case $phase:$keep:$verbose:$sources in
dlink:::* | link:::[01])
	# Here the way to choose temporary names is to keep the files. And the path of the toolkit gets into what is linked, so
	# nvcc is called by one that is the same everywhere.
	dir=$object.ccenv
	# What a killed one has left.
	[ -z "$object" ] || [ ! -L "$dir/toolkit" ] || rm -rf "$dir"
	if [ -n "$object" ] && mkdir "$dir" 2>/dev/null; then
		trap 'rm -rf "$dir"' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		view=$(CDPATH= cd -- "$here/.." && pwd -P)
		root=${view%/view/*}
		ln -s "$view" "$dir/toolkit" && ln -s "$root" "$dir/root" || exit
		[ -z "$project" ] || ln -s "$project" "$dir/project" || exit
		# So do the directories in which it looks for libraries.
		for arg; do
			case $arg in
			-L"$root"/*) arg=-L$dir/root/${arg#-L"$root"/} ;;
			-L"$PWD"/*) arg=-L${arg#-L"$PWD"/} ;;
			-L"${project:-$root}"/*) arg=-L$dir/project/${arg#-L"$project"/} ;;
			esac
			shift
			set -- "$@" "$arg"
		done
		"$dir/toolkit/bin/nvcc.bin" --keep "--keep-dir=$dir" "$@"
		exit
	fi
	;;
esac
exec "$here/nvcc.bin" "$@"
