# SPDX-License-Identifier: MIT
# Sourced by build and selftest: $here, $cache (from --cache or the default) and $venv, a Python
# environment with the tools of requirements.txt, made on first use.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/ccenv-test
args=()
while [ $# -gt 0 ]; do
	case $1 in
	--cache) cache=$2; shift 2 ;;
	--cache=*) cache=${1#--cache=}; shift ;;
	*) args+=("$1"); shift ;;
	esac
done
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# The running user's own settings must not reach in.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
export PYTHONHASHSEED=0 PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1

python=${CCENV_TEST_PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
	echo "tests/channel: needs Python 3.10 or later (with venv) as $python;" \
		"install python3-venv or set CCENV_TEST_PYTHON" >&2
	exit 1
}
tag=$({ cat "$here/requirements.txt"; "$python" -VV; } | sha256sum | cut -c1-12)
venv=$cache/venv-$tag
if [ ! -e "$venv/.complete" ]; then
	echo "channel: setting up Python tools in $venv" >&2
	(
		flock 9
		[ -e "$venv/.complete" ] && exit 0
		rm -rf "$venv"
		"$python" -m venv "$venv" &&
			"$venv/bin/pip" install -q --disable-pip-version-check --retries 10 --timeout 60 \
				--only-binary :all: --no-deps -r "$here/requirements.txt" &&
			touch "$venv/.complete"
	) 9>"$cache/venv.lock" || {
		echo "tests/channel: cannot set up $venv; see the messages above" >&2
		exit 1
	}
fi
