# supai: a toolkit of small filters around one HTTP call. GNU make 3.81 or later.
#
#   make            build (programs beside their sources, in bin/)
#   make demo       get what is missing, build, ask a question of a mock
#   make check      get what tests need, build, run every test (TESTS=: some files)
#   make check-asan the same under ASan and UBSan, leaks too
#   make lint       get the linters, run them all
#   make html       the pages for a browser, with an index, in build/html
#   make pictures   draw the README's pictures anew (wants tmux and jq)
#   make fuzz       run the fuzzers, FUZZ_SECONDS each (needs clang)
#   make soak       work for SOAK_SECONDS (1800) and SOAK_ANSWERS (100000): all right,
#                   and nothing grows
#   make bench      measure the tools against what one would use instead
#   make bench-peers  get the peers that are no part of a system, each optional
#   make deb        Debian's packages, in build/deb (wants debhelper)
#   make static     static programs, in build/static/bin, of the tools whose libraries
#                   have archives here
#   make portability  build without a warning with each compiler that is here
#   make install    PREFIX=/usr/local DESTDIR=
#
# BUILD= and BIN= are where all that is made stands; the tree may then be read-only.
# WERROR=1 makes warnings errors. LTO= builds without optimising across files.

VERSION = 0.2.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD = build
BIN = bin
ifeq ($(abspath $(BUILD)),$(CURDIR))
$(error BUILD is where the sources stand: clean would take them away)
endif

CC ?= cc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g $(LTO)
LDFLAGS ?=
WERROR ?=

# Optimising across files makes the readers a quarter faster. What of it compiler, ar and
# linker can do is tried when it is first asked for. Sanitizers go without: their reports
# name functions.
LTO = $(eval LTO := $(if $(SAN),,$(shell $(TRY_LTO))))$(LTO)
TRY_LTO = d=$$(mktemp -d) && cd "$$d" && echo 'int f(void) { return 0; }' >f.c && \
	echo 'int f(void); int main(void) { return f(); }' >p.c && \
	for flags in '-O3 -flto=auto -fno-plt' '-O3 -flto=auto' '-O3 -flto'; do \
		if $(CC) -Werror $$flags -c f.c p.c && $(AR) -rcs f.a f.o && \
			$(CC) -Werror $$flags -o p p.o f.a; then echo "$$flags"; break; fi; \
	done 2>/dev/null; rm -rf "$$d"

# The tools that are programs, and what each is linked with beside libsupai.a.
TOOLS = supai supai-req supai-send supai-sse supai-text supai-fold supai-watch supai-batch supai-models supai-mock supai-ensemble supai-serve
LIBS_supai-req = $(JQ_LIBS)
LIBS_supai-send = $(CURL_LIBS)
LIBS_supai-batch = $(CURL_LIBS)
LIBS_supai-models = $(CURL_LIBS)
LIBS_supai-ensemble = $(CURL_LIBS)
LIBS_supai-mock = $(MHD_LIBS) -pthread
LIBS_supai-serve = $(MHD_LIBS) -pthread
LIBS_exchanges = $(CURL_LIBS)
LIBS_retrytest = $(CURL_LIBS)
LIBS_readers = $(JQ_LIBS)

CURL_CFLAGS := $(shell $(PKG_CONFIG) --cflags libcurl 2>/dev/null)
CURL_LIBS := $(shell $(PKG_CONFIG) --libs libcurl 2>/dev/null || echo -lcurl)
MHD_CFLAGS := $(shell $(PKG_CONFIG) --cflags libmicrohttpd 2>/dev/null)
MHD_LIBS := $(shell $(PKG_CONFIG) --libs libmicrohttpd 2>/dev/null || echo -lmicrohttpd)
JQ_CFLAGS := $(shell $(PKG_CONFIG) --cflags libjq 2>/dev/null)
JQ_LIBS := $(shell $(PKG_CONFIG) --libs libjq 2>/dev/null || echo -ljq)
# Homebrew's jq and libmicrohttpd stand outside the compiler's own paths.
BREW := $(shell command -v brew >/dev/null 2>&1 && brew --prefix)
ifneq ($(BREW),)
JQ_CFLAGS += -I$(BREW)/include
LDFLAGS += -L$(BREW)/lib
endif

WARN = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
# Files over 2 GiB where a long has 32 bits.
DEFS = -D_XOPEN_SOURCE=700 -D_FILE_OFFSET_BITS=64 $(DEFS_$(OS))
# The system that it is built for. Those that hide what is theirs alone are asked for it.
OS := $(shell uname -s)
DEFS_Darwin = -D_DARWIN_C_SOURCE
DEFS_FreeBSD = -D__BSD_VISIBLE=1
DEFS_NetBSD = -D_NETBSD_SOURCE
DEFS_OpenBSD = -D_BSD_SOURCE
HARDEN_C = -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
ifneq ($(OS),Darwin)	# where it is so anyway
HARDEN_LD = -pie -Wl,-z,relro,-z,now -Wl,--as-needed
endif
ifeq ($(SAN),1)
HARDEN_C = -fPIE -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
HARDEN_LD = -pie -fsanitize=address,undefined $(SAN_LOG)
# gcc's shared libubsan does not know the log that tests/run.sh reads.
SAN_LOG := $(shell d=$$(mktemp -d) && echo 'int main(void) { return 0; }' >$$d/p.c && \
	$(CC) -fsanitize=undefined -static-libubsan -Werror -o $$d/p $$d/p.c 2>/dev/null && \
	echo -static-libubsan; rm -rf $$d)
endif

ALL_CFLAGS = $(WARN) $(DEFS) -DSUPAI_VERSION='"$(VERSION)"' $(HARDEN_C) -Ilib -I$(BUILD)/lib $(ROOMS) \
	$(CURL_CFLAGS) $(MHD_CFLAGS) $(JQ_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(HARDEN_LD) $(CFLAGS) $(LDFLAGS)

LIB = $(BUILD)/libsupai.a
LIB_OBJS = $(patsubst lib/%.c,$(BUILD)/lib/%.o,$(sort $(wildcard lib/*.c)))
PROGRAMS = $(addprefix $(BIN)/,$(TOOLS))
# Programs that only tests run: one a tests/*.c.
TEST_PROGRAMS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/*.c)))
# Programs that only measurements run: one a tests/bench/*.c.
BENCH_PROGRAMS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/bench/*.c)))
PAGES = $(sort $(wildcard man/*.[157]))
# Each shell's completions: a shell looks for the file by the tool's name.
COMPLETIONS = $(foreach t,$(TOOLS),$(BUILD)/completions/bash/$t \
	$(BUILD)/completions/zsh/_$t $(BUILD)/completions/fish/$t.fish)

# Made once the libraries have been found; where they are not, who types make
# is told how to get them. Empty, nothing is looked for.
LIBRARIES = $(BUILD)/libraries
DEPS = CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' .ci/deps
# Another make, because this one looked for the libraries before DEPS got them;
# as many jobs as there are processors, unless -j says how many.
BUILD_ALL = $(MAKE) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))

all: $(PROGRAMS) $(COMPLETIONS)

deps:
	@$(DEPS) build check lint

$(LIB): $(LIB_OBJS)
	@rm -f $@
	$(AR) -rcs $@ $(LIB_OBJS)

$(BUILD)/libraries:
	@$(DEPS) -n build
	@mkdir -p $(@D)
	@: >$@

$(BUILD)/lib/%.o: lib/%.c | $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A tool's own file sees the headers of the tool's folder, and no other tool's.
$(BUILD)/bin/supai-%.o: ROOMS = -Ibin/$(*:supai-%=%)
$(BUILD)/bin/supai.o: ROOMS = -Ibin/pipeline
$(BUILD)/bin/%.o: bin/%.c | $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c | $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The lists of ids, as C strings.
$(BUILD)/lib/%_list.h: lib/%.txt
	@mkdir -p $(@D)
	sed -e 's/[\\"]/\\&/g' -e 's/.*/"&",/' $< >$@.new
	@mv $@.new $@
$(BUILD)/lib/models.o: $(BUILD)/lib/models_list.h $(BUILD)/lib/modes_list.h

# What models are told, as C strings.
$(BUILD)/lib/%_text.h: bin/ensemble/%.txt
	@mkdir -p $(@D)
	sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $< >$@.new
	@mv $@.new $@
$(BUILD)/bin/ensemble/question.o: $(addprefix $(BUILD)/lib/,instructions_text.h revise_text.h judge_text.h)

# bin/supai-NAME.c, and the rooms in bin/NAME/ where it has some; supai's, whose name the
# program itself has there, are in bin/pipeline/. In a function of
# its own: make would put the stem in place of the "%" of a pattern rule's words.
rooms = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard bin/$(1)/*.c)))
$(BIN)/supai: $(BUILD)/bin/supai.o $(call rooms,pipeline) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB)
.SECONDEXPANSION:
$(filter $(BIN)/supai-%,$(PROGRAMS)): $(BIN)/supai-%: $(BUILD)/bin/supai-%.o $$(call rooms,$$*) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS_supai-$*) -lm

$(TEST_PROGRAMS) $(BENCH_PROGRAMS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIB)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIBS_$*) -lm

# What a shell completes of a tool, made of what its --help prints.
COMPLETE = @mkdir -p $(@D) && $(if $(filter /%,$<),,./)$< --help all >$@.help && \
	awk -f man/completions.awk -v shell=$(notdir $(@D)) $@.help >$@.new && \
	rm $@.help && mv $@.new $@
$(BUILD)/completions/bash/%: $(BIN)/% man/completions.awk
	$(COMPLETE)
$(BUILD)/completions/zsh/_%: $(BIN)/% man/completions.awk
	$(COMPLETE)
$(BUILD)/completions/fish/%.fish: $(BIN)/% man/completions.awk
	$(COMPLETE)

# The pages for a browser, with an index, in build/html.
html:
	@$(DEPS) check
	@man/html.sh "$(if $(filter /%,$(BUILD)),,$(CURDIR)/)$(BUILD)/html"

# Libraries that tests load before a tool's own.
PRELOADS = $(patsubst tests/preload/%.c,$(BUILD)/tests/%.so,$(sort $(wildcard tests/preload/*.c)))
$(PRELOADS): $(BUILD)/tests/%.so: tests/preload/%.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(DEFS) -O1 -fPIC -shared -o $@ $<

# Each fuzzer for FUZZ_SECONDS (FUZZERS: some of them), from what is kept in the tree on
# (tests/fuzz/NAME/, NAME.corpus, the tests' fixtures); clang's libFuzzer. What it finds
# to be new stays in build/fuzz/NAME.corpus, what fails beside it.
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60
FUZZERS = $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
FUZZ_FLAGS = $(WARN) $(DEFS) -DSUPAI_VERSION='"$(VERSION)"' -Ilib -I$(BUILD)/lib -Itests \
	$(addprefix -I,$(sort $(dir $(FUZZ_ROOMS)))) -g -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(CURL_CFLAGS) $(JQ_CFLAGS) $(MHD_CFLAGS)
FUZZ_OBJS = $(patsubst lib/%.c,$(BUILD)/fuzz/lib/%.o,$(sort $(wildcard lib/*.c)))
# What a fuzzer needs of a tool's own rooms.
FUZZ_ROOMS_request = bin/req/history.c bin/req/source.c
FUZZ_ROOMS_door = bin/serve/door.c bin/serve/exchange.c bin/serve/keys.c bin/serve/spool.c
FUZZ_ROOMS_watch = bin/watch/doing.c bin/watch/picture.c bin/watch/watch.c bin/watch/width.c
FUZZ_ROOMS_batch = bin/batch/hash.c bin/batch/result.c bin/batch/task.c

$(BUILD)/fuzz/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/lib/models.o: $(BUILD)/lib/models_list.h $(BUILD)/lib/modes_list.h

$(BUILD)/fuzz/%: FUZZ_ROOMS = $(FUZZ_ROOMS_$*)
$(BUILD)/fuzz/%: tests/fuzz/%_fuzz.c $(FUZZ_OBJS) tests/fuzz/fuzz.h
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< $(FUZZ_ROOMS) $(FUZZ_OBJS) \
		$(CURL_LIBS) $(JQ_LIBS) $(MHD_LIBS) -pthread -lm

fuzz: $(addprefix $(BUILD)/fuzz/,$(FUZZERS))
	@BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh $(FUZZERS)

# The fuzzers without libFuzzer, for the inputs that are kept.
fuzz_rooms = $(patsubst %.c,$(BUILD)/%.o,$(FUZZ_ROOMS_$(1)))
FUZZ_TESTS = $(addprefix $(BUILD)/tests/fuzz/,$(FUZZERS))
$(BUILD)/tests/fuzz/%.o: ROOMS = -Itests $(addprefix -I,$(sort $(dir $(FUZZ_ROOMS_$(patsubst %_fuzz,%,$(notdir $*))))))
$(FUZZ_TESTS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/main.o \
		$$(call fuzz_rooms,$$*) $(LIB)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(CURL_LIBS) $(JQ_LIBS) $(MHD_LIBS) -pthread -lm

# Everything compiled, nothing linked.
objects: $(LIB) $(patsubst %.c,$(BUILD)/%.o,$(wildcard bin/*.c bin/*/*.c tests/*.c))

test-programs: $(TEST_PROGRAMS) $(FUZZ_TESTS) $(if $(filter Linux,$(OS)),$(PRELOADS))

demo:
	@$(DEPS) build
	@$(BUILD_ALL) -s all
	@BIN=$(BIN) sh tests/demo.sh

pictures: all
	@BIN=$(BIN) sh tests/pictures.sh

check:
	@$(DEPS) build check
	@$(BUILD_ALL) all test-programs
	@BIN=$(BIN) BUILD=$(BUILD) tests/run.sh $(TESTS)

check-asan:
	@$(DEPS) build check asan
	@$(BUILD_ALL) BUILD=$(BUILD)/asan BIN=$(BUILD)/asan/bin SAN=1 CFLAGS="-O1 -g" all test-programs
	@BIN=$(BUILD)/asan/bin BUILD=$(BUILD)/asan SUPAI_SAN=1 SUPAI_NO_SANDBOX=1 tests/run.sh $(TESTS)

lint:
	@$(DEPS) build lint
	@$(BUILD_ALL) -s all
	@BUILD=$(BUILD) CLANG_FLAGS='$(WARN) $(DEFS) -Ilib -I$(BUILD)/lib $(CURL_CFLAGS) $(JQ_CFLAGS) $(MHD_CFLAGS)' \
		tests/lint.sh

# The tools whose libraries have archives here; each other one is named.
static:
	@$(DEPS) build
	@BUILD=$(BUILD) PKG_CONFIG='$(PKG_CONFIG)' tests/static.sh '$(MAKE)' $(TOOLS)

# VARIANTS: some of gcc clang lto m32 musl macos freebsd netbsd openbsd.
portability:
	@$(DEPS) build
	@BUILD=$(BUILD) PKG_CONFIG='$(PKG_CONFIG)' tests/portability.sh '$(MAKE)' $(VARIANTS)

bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man
# Where each shell looks for completions.
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

# SOAK_SECONDS of work, half an hour: is each answer right, and does nothing grow?
soak: all
	@BIN=$(BIN) tests/soak/soak.sh

# BENCH_MB, BENCH_RUNS: smaller inputs and fewer runs; ROWS: some sections only.
bench:
	@$(DEPS) build check
	@$(BUILD_ALL) -s all $(BENCH_PROGRAMS)
	-@$(CXX) -O2 -std=c++17 -o $(BUILD)/tests/bench/ondemand tests/bench/ondemand.cc -lsimdjson 2>/dev/null || \
		echo 'bench: no simdjson here: its row is missing'
	@BIN=$(BIN) BUILD=$(BUILD) tests/bench/run.sh $(ROWS)

bench-peers:
	@BUILD=$(BUILD) tests/bench/peers.sh

install: all
	umask 022 && mkdir -p "$(bindir)" "$(mandir)/man1" "$(mandir)/man5" "$(mandir)/man7"
	for t in $(PROGRAMS); do install -m 755 $$t "$(bindir)/" || exit 1; done
	for p in $(PAGES); do install -m 644 $$p "$(mandir)/man$${p##*.}/" || exit 1; done
	umask 022 && mkdir -p "$(bashdir)" "$(zshdir)" "$(fishdir)"
	for t in $(TOOLS); do \
		install -m 644 $(BUILD)/completions/bash/$$t "$(bashdir)/" && \
		install -m 644 $(BUILD)/completions/zsh/_$$t "$(zshdir)/" && \
		install -m 644 $(BUILD)/completions/fish/$$t.fish "$(fishdir)/" || exit 1; \
	done
	@case "$(DESTDIR)::$$PATH:" in \
	:*:"$(PREFIX)/bin":*) ;; \
	:*) echo "The tools are in $(PREFIX)/bin, which is not in PATH." ;; \
	esac

uninstall:
	for t in $(TOOLS); do \
		rm -f "$(bindir)/$$t" "$(bashdir)/$$t" "$(zshdir)/_$$t" "$(fishdir)/$$t.fish" || exit 1; \
	done
	for p in $(notdir $(PAGES)); do rm -f "$(mandir)/man$${p##*.}/$$p" || exit 1; done

# Debian's packages, in build/deb (tests/packaging has other systems' recipes).
deb:
	@tests/packaging/deb.sh $(BUILD)/deb
	@ls $(BUILD)/deb/*.deb

dist:
	git archive --format=tar.gz --prefix=supai-$(VERSION)/ -o supai-$(VERSION).tar.gz HEAD

# All that these rules make, and nothing else that stands there.
clean:
	rm -rf $(addprefix $(BUILD)/,libsupai.a libraries lib bin tests completions html fuzz asan \
		static portability deb bench bench.md peers check.*)
	rm -f $(PROGRAMS) supai-$(VERSION).tar.gz
	@rmdir $(filter-out bin,$(BIN)) $(BUILD) 2>/dev/null || :

-include $(wildcard $(BUILD)/lib/*.d $(BUILD)/bin/*.d $(BUILD)/bin/*/*.d $(BUILD)/tests/*.d $(BUILD)/tests/bench/*.d $(BUILD)/tests/fuzz/*.d $(BUILD)/fuzz/lib/*.d)

.PHONY: all objects static portability soak html deb fuzz bench bench-peers deps demo pictures check check-asan lint install uninstall dist clean test-programs
.SECONDARY:
