# SPDX-License-Identifier: GPL-3.0-or-later
#
# make            builds ./vestige (CC=gcc or clang)
# make demo       the two worked examples, on a fresh machine too
# make check      everything that must hold, on a fresh machine too
# make help       the other targets
#
# Sources are found, not listed: a file in src/*/ is part of the program, one
# in lib/ part of its library, one in tests/unit/ a test.

VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 300
POSTERIORS ?=
CORPUS ?=

ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# A variant of the build (sanitizers, clang) has a folder of its own.
BUILD ?= build
PROGRAM ?= vestige
OPTIMISE ?= -O2 -g
VARIANT ?=

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror
PEDANTIC = -Wpedantic
STANDARD = -std=c17 -D_GNU_SOURCE -fno-math-errno -ffp-contract=off
INCLUDES = -Isrc -Iinclude
DEFINES = -DVST_VERSION='"$(VERSION)"'
FLAGS = $(STANDARD) $(OPTIMISE) $(WARNINGS) $(INCLUDES) $(DEFINES) $(VARIANT)
EMBED_LIBS = -lgc -lgsl -lgslcblas -lm $(XERBLA)
LIBS = -lreadline -ljansson -lpthread $(EMBED_LIBS)
# Ours take the place of those of BLAS, which is opened at its first use.
XERBLA = $(patsubst %,-Wl$(comma)--export-dynamic-symbol=%,\
    xerbla_ cblas_xerbla LAPACKE_xerbla)
comma = ,

SOURCES = $(sort $(wildcard src/*/*.c))
OBJECTS = $(SOURCES:src/%.c=$(BUILD)/%.o) $(BUILD)/library.o \
    $(BUILD)/page.o
MAIN = $(BUILD)/front/main.o
ARCHIVE = $(BUILD)/libvestige.a
# What programs around Vestige link: no prompt, no name but those of
# include/vestige.h (and those that BLAS looks for).
EMBEDDED = $(BUILD)/embedded/libvestige.a
FACES = $(filter-out $(BUILD)/front/embed% $(BUILD)/front/foreign%,\
    $(filter $(BUILD)/front/% $(BUILD)/server/% $(BUILD)/page.o,$(OBJECTS)))
NAMES = 'vst_*' xerbla_ cblas_xerbla LAPACKE_xerbla
LIBRARY = $(sort $(wildcard lib/*.church))
PAGE = $(sort $(wildcard ui/*)) build/npm/uplot.js build/npm/uplot.css
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,\
    $(sort $(wildcard tests/unit/test_*.c)))
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,\
    $(sort $(wildcard tests/fuzz/fuzz_*.c)))
FORMATTED = $(wildcard src/*/*.[ch] include/*.h tests/*/*.[ch] tests/*.h tools/*.[ch] \
    examples/*/*.c)

# The machine jumps to computed labels and the hash multiplies in 128 bits:
# extensions, and the only files that may use them.
$(BUILD)/eval/machine_run.o $(BUILD)/eval/location.o: PEDANTIC =

# What a transition does is in many small files and functions.
$(BUILD)/trace/%.o: LEVEL = $(if $(filter -O2,$(OPTIMISE)),-O3)
$(BUILD)/infer/%.o: LEVEL = $(if $(filter -O2,$(OPTIMISE)),-O3)

# One source for each instruction level of x86-64; tape/lanes.c chooses. Wide
# vectors come from intrinsics; the optimiser is to unroll.
LANES = $(patsubst %,$(BUILD)/tape/lanes_%.o,plain v2 v3 v4)
$(LANES): LEVEL = $(if $(filter -O2,$(OPTIMISE)),-O3) $(MARCH)
ifeq ($(shell uname -m),x86_64)
$(BUILD)/tape/lanes_v2.o: MARCH = -march=x86-64-v2
$(BUILD)/tape/lanes_v3.o: MARCH = -march=x86-64-v3
$(BUILD)/tape/lanes_v4.o: MARCH = -march=x86-64-v4
endif

.DEFAULT_GOAL := $(PROGRAM)
.DELETE_ON_ERROR:
.PHONY: all demo check check-long check-matrix check-posteriors quick bench \
    bench-engines bench-own bench-mh bench-stan bench-exmc bench-schools \
    bench-tape fuzz shape floors \
    rooms format \
    format-check tidy install \
    uninstall clean help units objects fuzzers force

all: $(PROGRAM)

# ---- the program -----------------------------------------------------------

$(PROGRAM): $(OBJECTS)
	@echo "  link    $@"
	@$(CC) $(OPTIMISE) $(VARIANT) -o $@ $(OBJECTS) $(LIBS)

$(BUILD)/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  compile $<"
	@$(CC) $(FLAGS) $(PEDANTIC) $(LEVEL) -MMD -MP -c $< -o $@

$(BUILD)/library.o: src/eval/library.h src/base/embedded.h
$(BUILD)/page.o: src/server/page.h src/base/embedded.h
$(BUILD)/library.o $(BUILD)/page.o: $(BUILD)/%.o: $(BUILD)/%.c
	@$(CC) $(FLAGS) -c $< -o $@

$(BUILD)/library.c: $(BUILD)/embed $(LIBRARY) lib
	@$(BUILD)/embed library eval/library.h $(LIBRARY) > $@

# The page of the display; all variants of the build share the package. Where
# it cannot be had the page is built without, and the next make tries again.
$(BUILD)/page.c: $(BUILD)/embed $(PAGE) ui
	@$(BUILD)/embed page server/page.h $(PAGE) > $@

build/npm/uplot.css: build/npm/uplot.js
build/npm/uplot.js: tools/fetch-npm.sh
	@if tools/fetch-npm.sh uplot $(@D); then \
	    cp $(@D)/uplot/dist/uPlot.iife.min.js $@; \
	    cp $(@D)/uplot/dist/uPlot.min.css $(@:.js=.css); \
	else \
	    echo "the display is built without curves"; \
	    for f in $@ $(@:.js=.css); do \
	        echo '/* uPlot could not be fetched */' > $$f; \
	        touch -d 2000-01-01 $$f; \
	    done; \
	fi

$(BUILD)/embed: tools/embed.c $(BUILD)/flags
	@$(CC) -std=c17 -O1 $(WARNINGS) $< -o $@

# Rewritten only when the compiler or a flag is another; all depends on it.
# The packages are looked at once, here, before the first file is compiled.
$(BUILD)/flags: force
	@mkdir -p $(BUILD)
	@echo '$(subst ','\'',$(CC) $(FLAGS))' | cmp -s - $@ || \
	    { tools/install-packages.sh check build && \
	      echo '$(subst ','\'',$(CC) $(FLAGS))' > $@; }

-include $(SOURCES:src/%.c=$(BUILD)/%.d) $(UNITS:=.d) $(FUZZERS:=.d) \
    $(BUILD)/balance/balance.d $(BUILD)/property/soak.d

# ---- tests -----------------------------------------------------------------

$(ARCHIVE): $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $(filter-out $(MAIN),$^)

$(EMBEDDED): $(OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	@$(CC) $(VARIANT) -r -nostdlib -o $(@D)/vestige.o \
	    $(filter-out $(FACES),$^)
	@objcopy -g -w $(NAMES:%=--keep-global-symbol=%) $(@D)/vestige.o
	@ar rcs $@ $(@D)/vestige.o

$(BUILD)/embedded/vestige.pc: tools/vestige.pc.in force
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@LIBS@|$(EMBED_LIBS)|' $< > $@

$(BUILD)/unit/%: tests/unit/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  compile $<"
	@$(CC) $(FLAGS) $(PEDANTIC) -MMD -MP -MT $@ -MF $@.d $< -o $@ \
	    $(ARCHIVE) -lcmocka $(LIBS)

units: $(UNITS)
objects: $(OBJECTS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  compile $<"
	@$(CC) $(FLAGS) -fsanitize=fuzzer -MMD -MP -MT $@ -MF $@.d $< -o $@ \
	    $(ARCHIVE) $(LIBS)

fuzzers: $(FUZZERS)

# What tests/run-balance.sh and tests/run-soak.sh run.
WALKERS = $(BUILD)/balance/balance $(BUILD)/property/soak \
    $(BUILD)/reference/diagnose

$(WALKERS): $(BUILD)/%: tests/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  compile $<"
	@$(CC) $(FLAGS) $(PEDANTIC) -MMD -MP -MT $@ -MF $@.d $< -o $@ \
	    $(ARCHIVE) $(LIBS)

demo:
	@tools/install-packages.sh install build
	@$(MAKE) --no-print-directory $(PROGRAM)
	@tools/demo.sh ./$(PROGRAM)

check:
	@tools/install-packages.sh install build test
	@tools/install-packages.sh install display || :
	@POSTERIORS='$(POSTERIORS)' tests/check.sh

check-long:
	@tools/install-packages.sh install build test
	@tools/install-packages.sh install display || :
	@POSTERIORS='$(POSTERIORS)' FUZZ_SECONDS='$(FUZZ_SECONDS)' \
	    tests/check.sh --long

# Log densities and draws of reference posteriors: POSTERIORS=../shared/corpus/posteriordb
check-posteriors: $(PROGRAM)
	@POSTERIORS='$(POSTERIORS)' tests/posteriors/check.py
	@POSTERIORS='$(POSTERIORS)' tests/posteriors/draws.py

# Known answers under every kernel, with those of CORPUS=../shared/corpus.
check-matrix: $(PROGRAM)
	@tests/known-answers/matrix.py --program ./$(PROGRAM) --resume \
	    $(if $(CORPUS),--corpus '$(CORPUS)')

quick: $(PROGRAM) units
	@tests/run-units.sh $(BUILD)/unit

bench: $(PROGRAM)
	@tools/install-packages.sh install bench
	@bench/run.sh ./$(PROGRAM); language=$$?; \
	    bench/trace.py ./$(PROGRAM); trace=$$?; \
	    bench/server.py ./$(PROGRAM); server=$$?; \
	    bench/gibbs.py ./$(PROGRAM) && exit $$((language | trace | server))

# Gradients on tapes, in microseconds of CPU, against their bars.
bench-tape: $(BUILD)/bench/tape
	@$<

$(BUILD)/bench/%: bench/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  compile $<"
	@$(CC) $(FLAGS) $(PEDANTIC) $< -o $@ $(ARCHIVE) $(LIBS)

# The engines side by side, as programs grow; pictures in build/bench.
bench-engines: $(PROGRAM)
	@bench/engines.py ./$(PROGRAM)

# Random procedures of one's own beside those that are built in.
bench-own: $(PROGRAM)
	@bench/own.py ./$(PROGRAM)

# Beside JAGS and WebPPL: minutes.
bench-mh: $(PROGRAM)
	@tools/install-packages.sh install bench-mh || :
	@bench/mh.py --install ./$(PROGRAM)

# NUTS beside Stan's: half a minute of compiling a model.
bench-stan: $(PROGRAM)
	@bench/stan.py ./$(PROGRAM)

# NUTS beside the figures that eXMC publishes.
bench-exmc: $(PROGRAM)
	@bench/exmc.py ./$(PROGRAM)

# Kernels that mix, on eight schools, beside JAGS and Stan.
bench-schools: $(PROGRAM)
	@bench/schools.py ./$(PROGRAM)

FUZZED = -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=undefined -DVST_PLAIN_MEMORY

fuzz:
	@tools/install-packages.sh install build test
	@$(MAKE) --no-print-directory fuzzers BUILD=build-fuzz CC=clang \
	    OPTIMISE='-O1 -g' VARIANT='$(FUZZED)'
	@tests/run-fuzz.sh build-fuzz/fuzz $(FUZZ_SECONDS)

# ---- the look of the house -------------------------------------------------

shape:
	@python3 tools/shape.py

floors:
	@python3 tools/floors.py

rooms:
	@python3 tools/rooms.py

format:
	@clang-format -i $(FORMATTED)

format-check:
	@clang-format --dry-run -Werror $(FORMATTED)

# Some files say by what all others tell errors: see tools/analyse.h.
TIDIED ?= $(SOURCES)
TELLERS = $(patsubst %,src/%.c,base/error eval/machine eval/machine_error \
    eval/operand xrp/user_call)
TIDY_FLAGS = $(STANDARD) $(INCLUDES) $(DEFINES)

tidy:
	@clang-tidy --quiet $(filter-out $(TELLERS),$(TIDIED)) -- \
	    $(TIDY_FLAGS) -include tools/analyse.h
	@clang-tidy --quiet $(filter $(TELLERS),$(TIDIED)) -- $(TIDY_FLAGS)

# ---- the rest --------------------------------------------------------------

install: $(PROGRAM) $(EMBEDDED) $(BUILD)/embedded/vestige.pc
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 -s $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/vestige
	install -d $(DESTDIR)$(PREFIX)/share/vestige/examples/data \
	    $(DESTDIR)$(PREFIX)/share/vestige/examples/church
	install -m 644 $(wildcard examples/*.church) \
	    $(DESTDIR)$(PREFIX)/share/vestige/examples
	install -m 644 $(wildcard examples/church/*.church) \
	    $(DESTDIR)$(PREFIX)/share/vestige/examples/church
	install -m 644 $(wildcard examples/data/*) \
	    $(DESTDIR)$(PREFIX)/share/vestige/examples/data
	install -d $(DESTDIR)$(PREFIX)/share/vestige/examples/embed
	install -m 644 $(wildcard examples/embed/*.c) \
	    $(DESTDIR)$(PREFIX)/share/vestige/examples/embed
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 $(EMBEDDED) $(DESTDIR)$(PREFIX)/lib
	install -m 644 $(BUILD)/embedded/vestige.pc \
	    $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -d $(DESTDIR)$(PREFIX)/include
	for f in $(wildcard include/*.h); do \
	    install -m 644 $$f $(DESTDIR)$(PREFIX)/include; done
	install -d $(DESTDIR)$(PREFIX)/share/doc/vestige
	install -m 644 $(wildcard README.md DECISIONS.md COPYING docs/*.md) \
	    $(DESTDIR)$(PREFIX)/share/doc/vestige

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/vestige
	rm -f $(DESTDIR)$(PREFIX)/lib/libvestige.a
	rm -f $(DESTDIR)$(PREFIX)/lib/pkgconfig/vestige.pc
	rm -f $(patsubst include/%,$(DESTDIR)$(PREFIX)/include/%,\
	    $(wildcard include/*.h))
	rm -rf $(DESTDIR)$(PREFIX)/share/vestige
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/vestige

clean:
	rm -rf build build-* vestige bench/out
	find tests -name __pycache__ -exec rm -rf {} +

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
	@echo "make check-long everything, longer (FUZZ_SECONDS=300 a target);"
	@echo "                make check-matrix known answers under every kernel"
	@echo "make quick      the unit tests, under a minute"
	@echo "make bench      speed against its bars; make bench-mh beside others;"
	@echo "                make bench-stan beside Stan; make bench-exmc;"
	@echo "                make bench-schools, mixed kernels beside JAGS and Stan;"
	@echo "                make bench-engines, the engines side by side;"
	@echo "                make bench-own, own random procedures beside others"
	@echo "make bench-tape gradients on tapes against theirs"
	@echo "make fuzz       each fuzz target for FUZZ_SECONDS=300"
	@echo "make shape      the shape of the sources; make floors their order;"
	@echo "make rooms      whether docs/ARCHITECTURE.md names them all"
	@echo "make format     (format-check, tidy) the look of the sources"
	@echo "make install    PREFIX=/usr/local DESTDIR=; make uninstall"
	@echo "make clean      removes what was built"
