#!/bin/sh
# @TOOL@, written by ccenv, for makefiles that call it @NAME@: `ccenv run` and `ccenv env` have it in PATH.
self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self")
root=$(CDPATH= cd -- "${self%/*}/.." && pwd -P) || exit 1
case @ENV@ in
/*) env=@ENV@ ;;
*) env=$root/@ENV@ ;;
esac
exec "$env/bin/@TOOL@" "$@"
