# ccenv make 1
#
# The CUDA toolchain of ccenv.json and ccenv.lock next to this file, for GNU make; made by `ccenv toolchain --format make`:
# commit it, and
#     include ccenv.mk
# It installs into build/_ccenv when that is not there or the lock has changed. What it defines is said in
# build/_ccenv/make/ccenv-*.mk. CCENV_TARGET names a target of ccenv.json, to build for another machine.

CCENV ?= ccenv
ccenv_dir := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
CCENV_ROOT ?= $(ccenv_dir)/build/_ccenv
ccenv_files := $(wildcard $(ccenv_dir)/ccenv.json $(ccenv_dir)/ccenv.lock)
ccenv_first_goal := $(.DEFAULT_GOAL)
ccenv_made := $(CCENV_ROOT)/make/ccenv$(addprefix -,$(CCENV_TARGET)).mk

ccenv_installs := 1
include $(ccenv_made)

# make builds the included file by this rule and then starts again. Same bytes are not written, hence the touch. A root that has
# been moved or copied, which the included file sees, is installed again, too.
.PHONY: ccenv-moved
$(ccenv_made): $(ccenv_files) $(if $(MAKE_RESTARTS),,$(if $(ccenv_moved),ccenv-moved))
	$(CCENV) install $(addprefix --target ,$(CCENV_TARGET)) --root $(CCENV_ROOT) --manifest $(ccenv_dir)/ccenv.json $(if $(or $(CCENV_LOCKED),$(CI)),--locked)
	@touch $@

.DEFAULT_GOAL := $(ccenv_first_goal)
