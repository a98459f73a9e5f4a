# Read by the compilers of this root, with its path in `root` and that of the prefix in `env`; written by ccenv: changes are lost.
# The same bytes from any directory: paths are replaced by what they are in the project. gcc takes the last map that fits.
object='' next='' phase=link
for arg; do
	case $next$arg in
	next*) object=$arg next='' ;;
	-o) next=next ;;
	-o*) object=${arg#-o} ;;
	-c | -S | -E | -M | -MM | -r | -fsyntax-only) phase=object ;;
	esac
done
project=@PROJECT@
[ -z "$project" ] || project=$(CDPATH= cd -- "$project" 2>/dev/null && pwd -P)
set -- "-ffile-prefix-map=$root=/ccenv/root" "$@"
case $env in
"$root"/*) ;;
*) set -- "-ffile-prefix-map=$env=/ccenv/env" "$@" ;;
esac
case $project:$PWD/ in
?*:"$project"/*) [ ! -e build.ninja ] || set -- "-ffile-prefix-map=$PWD=./build" "$@" ;;
*) set -- "-ffile-prefix-map=$PWD=." "$@" ;;
esac
[ -z "$project" ] || set -- "-ffile-prefix-map=$project=." "$@"
seed=${object#"$PWD"/}
[ -z "$project" ] || seed=${seed#"$project"/}
[ -z "$seed" ] || set -- "-frandom-seed=$seed" "$@"

# gcc's own RUNPATH names the prefix. Where that moves with the project, it is named as seen from the program.
case $bare:$phase:$object:@BUILTIN_SPECS@:$root/ in
:link:?*:ON:"$project"/*)
	case $object in
	*/*) at=${object%/*} ;;
	*) at=. ;;
	esac
	set -- "$@" -specs=builtin.specs "-Wl,-rpath,\$ORIGIN/$(realpath -ms "--relative-to=$at" "$env/lib")"
	;;
esac
