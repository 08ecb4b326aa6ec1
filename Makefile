# SPDX-License-Identifier: GPL-2.0-or-later
#
# One hand-written Makefile. `make` builds build/ocfs2box; `make help` lists the rest.

CXX      ?= g++
OPTIMIZE ?= -O2
WARNINGS := -Wall -Wextra -Werror
CXXFLAGS := -std=c++20 $(OPTIMIZE) -g $(WARNINGS) -I. -ffunction-sections -fdata-sections $(EXTRA_CXXFLAGS)
LDFLAGS  := -static -Wl,--gc-sections $(EXTRA_LDFLAGS)
LIBS     := -lzstd -lblkid -luuid -luring -lpthread
B        ?= build

engine_sources := $(shell find ondisk engine net -name '*.cc' | sort)
cmd_sources    := $(filter-out cmd/main.cc,$(shell find cmd -name '*.cc' | sort))
world_sources  := $(shell find tests/worlds -name '*.cc' | sort)
unit_sources   := $(shell find tests/unit -name '*.cc' | sort)

objects = $(patsubst %.cc,$(B)/obj/%.o,$(1))

.PHONY: all
all: $(B)/ocfs2box

$(B)/ocfs2box: $(B)/ocfs2box.debug
	strip -o $@ $<

$(B)/ocfs2box.debug: $(call objects,$(engine_sources) $(cmd_sources) cmd/main.cc)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/unit_tests: $(call objects,$(engine_sources) $(cmd_sources) $(world_sources) $(unit_sources))
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(B)
