# SPDX-License-Identifier: GPL-2.0-or-later
#
# One hand-written Makefile. `make` builds build/ocfs2box; `make help` lists the rest.

CXX      ?= g++
# Small rather than fast, for rescue media; what runs over every byte of a volume is compiled for speed.
OPTIMIZE ?= -Oz
WARNINGS := -Wall -Wextra -Werror
# What a debugger wants (-g); it costs a third of the build's time.
DEBUG    ?=
# The binary is optimised as a whole, for a tenth less of it; tests are linked as they were compiled. An
# object file serves both ways. Nobody asks for the type of an object, whose names would take 150 KB.
WHOLE    ?= -fno-pie -flto -ffat-lto-objects -fno-rtti
CXXFLAGS  = -std=c++20 $(OPTIMIZE) $(DEBUG) $(WARNINGS) -I. -ffunction-sections -fdata-sections $(NO_FLOATS) \
            -ffile-prefix-map=$(CURDIR)=. $(WHOLE) $(EXTRA_CXXFLAGS)
# Numbers with a point are doubles here.
NO_FLOATS := -DFMT_USE_FLOAT=0 -DFMT_USE_LONG_DOUBLE=0
LINKAGE  ?= -static
LDFLAGS   = $(LINKAGE) $(if $(filter -static,$(LINKAGE)),-L$(B)/lib) -Wl,--gc-sections \
            $(if $(WHOLE),-no-pie) $(EXTRA_LDFLAGS)
APART     = $(if $(WHOLE),-fno-lto)
LIBS     := -lblkid -luuid -luring -lzstd -lz -lfuse3 -lpthread
B        ?= build
PREFIX   ?= /usr/local
JOBS     ?= $(shell nproc)
FUZZ_SECONDS ?= 20
SOAK_HOURS   ?= 8
ASAN_MUTATIONS ?= 100
# Which of the damaged volumes are rescued with the sanitizers (tests/corpus/fswreck): those of one shape.
ASAN_RESCUED   ?= 1k-full__

# What a plain Debian 12 lacks. Each is explained in README.md, "Dependencies".
BUILD_PACKAGES := g++ make libfmt-dev uuid-dev libblkid-dev liburing-dev libzstd-dev zlib1g-dev \
                  libfuse3-dev rapidjson-dev
TEST_PACKAGES  := catch2 libclang-rt-14-dev python3 ocfs2-tools qemu-system-x86 busybox-static kmod cpio \
                  xz-utils iproute2 attr acl strace e2fsprogs zstd
BENCH_PACKAGES := ocfs2-tools e2fsprogs fuse2fs xfsprogs valgrind python3
PACKAGES       := $(BUILD_PACKAGES) $(TEST_PACKAGES)

source_folders := ondisk engine net cmd tests man
engine_sources := $(shell find ondisk engine net -name '*.cc' | sort)
cmd_sources    := $(filter-out cmd/main.cc,$(shell find cmd -name '*.cc' | sort))
world_sources  := $(shell find tests/worlds -name '*.cc' | sort)
unit_sources   := $(shell find tests/unit -name '*.cc' | sort)
fuzz_names     := $(filter-out coverage,$(basename $(notdir $(wildcard tests/fuzz/*.cc))))
checks_page    := $(B)/man/fsck.ocfs2.checks.8
man_pages      := $(wildcard man/*.8 man/*.1 man/*.5) $(checks_page)

objects = $(patsubst %.cc,$(B)/obj/%.o,$(1))

.PHONY: all
all: $(B)/ocfs2box  ## build the binary (the default)

$(B)/ocfs2box: $(B)/ocfs2box.debug
	strip -o $@ $<

$(B)/ocfs2box.debug: $(call objects,$(engine_sources) $(cmd_sources) cmd/main.cc) $(B)/man_pages.o
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(if $(WHOLE),-flto=$(JOBS)) -o $@ $^ $(LIBS)

$(B)/unit_tests: $(call objects,$(engine_sources) $(cmd_sources) $(world_sources) $(unit_sources)) \
    $(B)/man_pages.o
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(APART) -o $@ $^ $(LIBS)

# The manual page of everything that fsck finds is written by the declarations themselves.
$(checks_page): $(B)/man/checks
	$< > $@.new && mv $@.new $@

$(B)/man/checks: $(B)/obj/man/checks.o $(B)/obj/engine/check/registry.o
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(APART) -o $@ $^

# All pages, as cmd/install/man.cc takes them apart.
$(B)/man_pages.o: $(man_pages)
	for page in $^; do echo "$${page##*/} $$(gzip -9nc $$page | wc -c)"; done > $(@D)/man_pages
	(echo; gzip -9n -c $^) >> $(@D)/man_pages
	cd $(@D) && ld -r -z noexecstack -b binary -o man_pages.o man_pages

# No exception passes through the C libraries: without what unwinding needs they are 110 KB less.
slim_libraries := $(patsubst %,$(B)/lib/lib%.a,c blkid zstd fuse3)
$(slim_libraries): $(B)/lib/%.a:
	@mkdir -p $(@D)
	objcopy --remove-section=.eh_frame $$($(CXX) -print-file-name=$*.a) $@.new && mv $@.new $@
$(B)/ocfs2box.debug $(B)/unit_tests: | $(slim_libraries)

# Programs that the script and VM tests run beside the binary.
test_tools := $(patsubst tests/tools/%.cc,$(B)/tests/%,$(wildcard tests/tools/*.cc))

$(test_tools): $(B)/tests/%: $(B)/obj/tests/tools/%.o $(call objects,$(engine_sources) $(world_sources)) \
    | $(slim_libraries)
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(APART) -o $@ $^ $(LIBS)

# They try any file system by system calls.
$(B)/tests/posix_cases $(B)/tests/random_tree: $(call objects,$(wildcard tests/posix/*.cc))

# Compiled once, with the same flags; a file that is optimised otherwise cannot take part.
precompile   ?= yes
precompiled  := $(B)/obj/precompiled.h
takes_part    = $(if $(precompile),-include $(precompiled))
taking_part  := $(filter-out ondisk/%,$(shell find $(source_folders) -name '*.cc'))
ifneq ($(precompile),)
$(call objects,$(taking_part)): $(precompiled).gch
endif

$(precompiled).gch: engine/precompiled.h Makefile
	@mkdir -p $(@D)
	echo '#include "$<"' > $(precompiled)
	$(CXX) $(CXXFLAGS) -x c++-header -o $@.new $(precompiled) && mv $@.new $@

$(B)/obj/ondisk/%.o: OPTIMIZE = -O2
$(B)/obj/ondisk/%.o: takes_part =

# What looks at every inode and every name: 40 % fewer instructions for 80 KB.
hot_checks := block_ledger block_source bitmap_check cluster_ledger connectivity directories directory_area \
              directory_exam directory_names extent_check file_check index_check inode_check inode_scan survey
$(patsubst %,$(B)/obj/engine/check/%.o,$(hot_checks)): OPTIMIZE = -O2
$(patsubst %,$(B)/obj/engine/check/%.o,$(hot_checks)): takes_part =

# g++ 12 sees ghosts in the regular expressions of Catch2 when it compiles for the sanitizers.
$(B)/obj/tests/unit/main.o: WARNINGS += -Wno-maybe-uninitialized

$(B)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(takes_part) -MMD -MP -c -o $@ $<

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: deps
deps:  ## install what building and testing need (as root; else says what is missing)
	@tests/deps $(PACKAGES)

.PHONY: deps-build
deps-build:  ## the same, only what building needs
	@tests/deps $(BUILD_PACKAGES)

.PHONY: demo
demo: deps  ## show what it can do, with a volume in an image file
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/tests/populate
	@tests/demo $(B)/ocfs2box $(B)/tests/populate

.PHONY: tidy
tidy:  ## the house rules: who may include whom, lengths, licence lines
	@tests/tidy

.PHONY: check
check:  ## under two minutes: build, tidy, unit tests, quick scripts
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/unit_tests $(test_tools)
	@B=$(B) tests/run tidy unit quick

.PHONY: test
test: deps  ## everything, in about 45 minutes on two cores; ends in "N passed, N failed"
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/unit_tests $(test_tools)
	@B=$(B) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run tidy vm unit quick long fuzz

.PHONY: soak
soak: deps  ## hours: every shape of volume, mutations, chains of changes, fuzzing (SOAK_HOURS, default 8)
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/unit_tests $(test_tools) fuzzers
	@CRASH_MOMENTS=100000 $(B)/unit_tests "[tune][crash]"
	@B=$(B) MATRIX=full MUTATIONS=50000 LOOKS=2000 RESCUES=2000 CHAINS=500 LIMIT=28800 tests/run long
	@BOX=$(abspath $(B))/ocfs2box FILES=200000 tests/vm/test_fill.sh
	@$(MAKE) --no-print-directory asan ASAN_MUTATIONS=2000
	@B=$(B) FUZZ_SECONDS=$$(($(SOAK_HOURS) * 3600)) tests/run fuzz

.PHONY: asan
asan:  ## unit tests, and ASAN_MUTATIONS (default 100) to mend, look at and rescue, with the sanitizers
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)/asan OPTIMIZE=-O1 DEBUG=-g1 LINKAGE= WHOLE= \
	  EXTRA_CXXFLAGS="$(SANITIZE)" \
	  EXTRA_LDFLAGS="$(SANITIZE)" \
	  $(addprefix $(B)/asan/,ocfs2box unit_tests tests/mutations tests/rescues)
	@B=$(B)/asan tests/run unit
	@export ASAN_OPTIONS=max_allocation_size_mb=256 BOX=$(abspath $(B))/asan/ocfs2box && \
	  MUTATIONS=$(ASAN_MUTATIONS) tests/scripts/fsck_mutations.sh && \
	  LOOKS=$(ASAN_MUTATIONS) tests/scripts/debugfs_mutations.sh && \
	  RESCUES=$(ASAN_MUTATIONS) ONLY=$(ASAN_RESCUED) tests/scripts/debugfs_rescue.sh

.PHONY: fuzz
fuzz:  ## run every fuzz target for FUZZ_SECONDS (default 20)
	@B=$(B) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

# libFuzzer's engine comes from clang 14, which cannot compile this C++20; g++ compiles the program with its
# own coverage calls, and tests/fuzz/coverage.cc leads these to the engine.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
fuzz_engine = $(wildcard /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a)

.PHONY: fuzzers
fuzzers:
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)/fuzz OPTIMIZE=-O1 DEBUG=-g1 LINKAGE= WHOLE= \
	  EXTRA_CXXFLAGS="$(SANITIZE) -fsanitize-coverage=trace-pc,trace-cmp" \
	  EXTRA_LDFLAGS="$(SANITIZE) -Wl,-z,muldefs" fuzz-binaries

fuzzed_commands := $(wildcard cmd/option*.cc cmd/debugfs*.cc cmd/json.cc cmd/console.cc cmd/key_reader.cc \
                     cmd/line_editor.cc cmd/exclusive_volume.cc cmd/volume_guard.cc cmd/mounted_devices.cc \
                     cmd/owner_names.cc)

.PHONY: fuzz-binaries
fuzz-binaries: $(addprefix $(B)/targets/,$(fuzz_names))

$(B)/obj/tests/fuzz/coverage.o: override EXTRA_CXXFLAGS =
$(addprefix $(B)/targets/,$(fuzz_names)): $(B)/targets/%: $(B)/obj/tests/fuzz/coverage.o \
    $(B)/obj/tests/fuzz/%.o $(call objects,$(engine_sources) $(fuzzed_commands) $(world_sources))
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(fuzz_engine) $(LIBS)

.PHONY: bench
bench:  ## measure against the reference, and the checkers of ext4 and XFS (best as root)
	@tests/deps $(BUILD_PACKAGES) $(BENCH_PACKAGES)
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/tests/populate
	@tests/bench/run $(B)/ocfs2box

.PHONY: install
install: all $(checks_page)  ## install binary, links and man pages (DESTDIR, PREFIX)
	install -D -m 755 $(B)/ocfs2box $(DESTDIR)$(PREFIX)/sbin/ocfs2box
	install -d $(DESTDIR)$(PREFIX)/bin
	$(DESTDIR)$(PREFIX)/sbin/ocfs2box --install=$(DESTDIR)$(PREFIX)/sbin --kind=sbin
	$(DESTDIR)$(PREFIX)/sbin/ocfs2box --install=$(DESTDIR)$(PREFIX)/bin --kind=bin
	for page in $(man_pages); do \
	  install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; done

.PHONY: clean
clean:  ## remove everything that was built
	rm -rf $(B)

.PHONY: help
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  */  \1\t/p' $(MAKEFILE_LIST) | expand -t 16
