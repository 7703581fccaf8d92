# The four things to do here: see it work, test it, measure it, ship it. Everything that is installed goes to .local/.

# A distribution compiles its Python by a profile; one compiled by hand can take half as long again for the same, and the local AWS
# is most of a test's work.
PYTHON ?= $(shell for it in /usr/bin/python3 python3; do "$$it" -c '$(IS_RECENT)' 2>/dev/null && "$$it" -c '$(HAS_VENV)' 2>/dev/null && echo "$$it" && exit; done; echo python3)
IS_RECENT := import sys; sys.exit(sys.version_info < (3, 10))
HAS_VENV := import ensurepip, venv
VENV := .local/venv
REQUIREMENTS := cli/local-aws/requirements.txt
AUDIT := .local/audit
AUDIT_REQUIREMENTS := infra/audit/requirements.txt
PEERS := .local/peers
PEERS_REQUIREMENTS := $(patsubst %,tests/bench/peer/%/requirements.txt,policies mirror deploy)
INSTALLED := $(VENV)/.installed
BROWSER := .local/browser
BROWSER_REQUIREMENTS := tests/browser/requirements.txt
FUNCTIONS := $(notdir $(wildcard functions/*))
# Where cargo puts what it builds.
BUILT := $(or $(CARGO_TARGET_DIR),target)
export CARGO_TERM_COLOR ?= auto
# Most of its time a test waits for a server: so many side by side keep each processor busy.
export RUST_TEST_THREADS ?= $(shell expr 3 '*' "$$(getconf _NPROCESSORS_ONLN)")

# No folder of this machine stands in a binary: the same sources and tools give the same bytes wherever they lie. Of prefixes that
# match, rustc takes the last.
CARGO_FOLDER = $(or $(CARGO_HOME),$(HOME)/.cargo)
SYSROOT = $(shell rustc --print sysroot)
COMMIT = $(shell rustc -vV | sed -n 's/^commit-hash: //p')
TRIMMED = --remap-path-prefix=$(CURDIR)=/signalbox --remap-path-prefix=$(abspath $(BUILT))=/built \
	--remap-path-prefix=$(CARGO_FOLDER)=/cargo --remap-path-prefix=$(SYSROOT)/lib/rustlib/src/rust=/rustc/$(COMMIT)
# With another one, cargo would compile for the bench what it has compiled for the zips.
package bench against: export RUSTFLAGS = $(TRIMMED)

# A macro names the modules of these, so that cargo fmt does not find them.
SCENES := $(foreach it,$(FUNCTIONS),tests/src/functions/$(subst -,_,$(it)).rs)

# The variables of a stage, which is an account and a region: what else would be said on the command line, which goes before.
ifneq ($(STAGE),)
$(if $(wildcard infra/stages/$(STAGE).mk),,$(error infra/stages/$(STAGE).mk is missing: write it after infra/stages/example.mk, or set another STAGE=))
include infra/stages/$(STAGE).mk
$(foreach it,AWS_PROFILE AWS_REGION,$(if $($(it)),$(eval export $(it))))
endif

.PHONY: always help demo test check audit bench against compare package deploy rollback soak setup databases actions clean

help: ## these lines
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

# Only what the demo runs, but with the features of the whole workspace, so that `make test` compiles none of it again.
demo: $(INSTALLED) ## deploy to a local AWS, share an image, and show what AWS says of it
	cargo build --workspace --locked --bin demo --bin share-ami
	$(BUILT)/debug/demo

# All targets leaves out only the documentation's examples, of which there are none.
test: check databases $(BROWSER)/.installed ## everything that is promised: format, lints, documentation, and every test
	cargo test --workspace --all-targets --locked

# Lints and documentation read the same metadata, so that EC2's client is checked once for both.
check: $(INSTALLED)
	$(VENV)/bin/typos
	cargo fmt --all --check
	rustfmt --check --edition 2024 $(SCENES)
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Not a part of CI: its findings follow checkov's opinion, and infra/audit/checkov.yaml has a reason for each that stays.
audit: $(AUDIT)/.installed ## checkov over the templates; needs no account
	$(AUDIT)/bin/checkov --config-file infra/audit/checkov.yaml

bench: $(if $(AGAINST),against) package databases $(PEERS)/.installed ## what it costs, as ratios in one run; PART= measures one part, AGAINST= (a revision) beside another build
	cargo build --release --locked $(FUNCTIONS:%=-p %) -p bench-fleet --bin bench-fleet -p bench-policies --bin bench-policies
	cargo build --release --locked -p signalbox --bin signalbox # by itself, since its features would make the functions larger
	$(if $(AGAINST),SIGNALBOX_BENCH_AGAINST=$(OTHER)/functions) cargo run --release --locked -p bench $(PART)

# The functions of another revision. They share what is compiled of other crates, so that it goes before the build of this one.
OTHER := $(CURDIR)/target/against
against:
	rm -rf $(OTHER)
	mkdir -p $(OTHER)/source $(OTHER)/functions
	git archive $(AGAINST) | tar -x -C $(OTHER)/source
	cd $(OTHER)/source && for it in functions/*; do \
		CARGO_TARGET_DIR=$(abspath $(BUILT)) cargo build --release --locked -p "$${it#*/}" \
		&& cp "$(abspath $(BUILT))/release/$${it#*/}" $(OTHER)/functions/ || exit 1; done

# Outside of CI, which runs a small one.
soak: $(INSTALLED) databases ## 20,000 mixed events through the deployed functions, with faults; EVENTS=, SEED= and ONLY= choose others
	SIGNALBOX_SOAK_EVENTS=$(or $(EVENTS),20000) SIGNALBOX_SOAK_SEED=$(SEED) SIGNALBOX_SOAK_ONLY=$(ONLY) \
		cargo test --workspace --locked --test signalbox -- soak:: --nocapture

compare: $(INSTALLED) $(PEERS)/.installed ## ask other tools about the policies with known answers; then rewrite the page as it says
	$(PEERS)/bin/python tests/bench/peer/policies/check.py compare $(VENV)/bin/cfn-lint

# What the zips are for: this machine's processors, or others if Rust's target and a linker for them are installed.
ARCHITECTURE_x86_64 := x86_64
ARCHITECTURE_aarch64 := arm64
TARGET_x86_64 := x86_64-unknown-linux-gnu
TARGET_arm64 := aarch64-unknown-linux-gnu
HOST := $(ARCHITECTURE_$(shell uname -m))
FOR := $(or $(ARCH),$(HOST))
TARGET := $(TARGET_$(FOR))
# What is built for another processor lies in folders of its own.
ZIPS ?= target/lambda$(if $(filter-out $(HOST),$(FOR)),/$(FOR))
BINARIES = $(BUILT)$(if $(filter-out $(HOST),$(FOR)),/$(TARGET))/release
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER ?= aarch64-linux-gnu-gcc

package: $(INSTALLED) ## each function as target/lambda/NAME.zip, to be uploaded, with what it consists of (NAME.cdx.json) and SHA256SUMS; ARCH=arm64 builds for Graviton
	@test -n "$(TARGET)" || { echo "make package: ARCH=$(ARCH) is unknown: set ARCH=x86_64 or ARCH=arm64"; exit 2; }
	@test -d "$(SYSROOT)/lib/rustlib/$(TARGET)/lib" || { echo "make package: Rust's target $(TARGET) is not installed: rustup target add $(TARGET)," \
		"and install a linker for it (Debian: gcc-aarch64-linux-gnu)"; exit 2; }
	cargo build --release --locked $(if $(filter-out $(HOST),$(FOR)),--target $(TARGET)) $(FUNCTIONS:%=-p %)
	$(MAKE) --no-print-directory -j "$$(getconf _NPROCESSORS_ONLN)" $(FUNCTIONS:%=$(ZIPS)/%.zip)
	$(PYTHON) infra/sbom.py $(ZIPS) $(TARGET) $(FUNCTIONS)

# Whether a zip has its program is seen by what it holds: cargo may bring an older program back.
$(ZIPS)/%.zip: always
	@$(VENV)/bin/python infra/package.py $(BINARIES)/$* $@

# Parameters of every template that has them, and those of one function, by its name.
GIVEN = $(if $(MANIFEST),Manifest=$(MANIFEST)) $(if $(ALLOWED),AllowedAccounts=$(ALLOWED)) $(if $(ZONES),HostedZoneIds=$(ZONES)) \
	$(if $(MODE),Mode=$(MODE)) $(if $(KEY),KmsKeyArn=$(KEY)) $(PARAMETERS) $(foreach it,$(FUNCTIONS),$(addprefix $(it).,$($(it))))
GIVEN += $(if $(ARCH),Architecture=$(ARCH))
CHECKED = $(if $(ACCOUNT),--account $(ACCOUNT))

# Zips of a folder that is named are not built: they are those that another stage has, or another machine has built.
deploy: $(if $(filter file,$(origin ZIPS)),package) ## to the account of your AWS credentials; needs BUCKET=, and what templates need: MANIFEST= and ALLOWED=, ZONES=, PARAMETERS='Name=value ..', or FUNCTION='Name=value ..' of one function; takes STAGE= (of infra/stages), ZIPS= (a folder of zips), MODE=Plan or Apply, and KEY= (ARN of a KMS key)
	@test -n "$(BUCKET)" || { echo "make deploy: set BUCKET= to a bucket of yours that takes the functions' zips"; exit 2; }
	@$(PYTHON) infra/deploy.py deploy --zips $(ZIPS) --bucket $(BUCKET) $(CHECKED) $(if $(KEY),--key $(KEY)) $(FUNCTIONS) -- $(GIVEN)

rollback: ## one function's code to the release before; needs FUNCTION=, and takes STAGE= and TO= (a key in the bucket)
	@test -n "$(FUNCTION)" || { echo "make rollback: set FUNCTION= to the name of the function whose code goes back"; exit 2; }
	@$(PYTHON) infra/deploy.py rollback $(CHECKED) $(if $(TO),--to $(TO)) $(FUNCTION)

setup: $(INSTALLED) databases $(BROWSER)/.installed

SERVERS := postgresql pgbouncer mariadb-server-core git openssh-server awscli jq chromium
INSTALL_SERVERS := DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(SERVERS)

# What judges passwords and logins in MariaDB is in a package that would start a server: these files are taken out of it.
PLUGINS := .local/mariadb
PLUGIN_FILES := auth_ed25519.so auth_pam_v1.so password_reuse_check.so simple_password_check.so
HAVE_PLUGINS := $(foreach file,$(PLUGIN_FILES),test -r $(PLUGINS)/$(file) &&) true
DOWNLOAD_MARIADB := apt-get download -qq -o APT::Sandbox::User=root mariadb-server="$$(dpkg-query -W -f '$${Version}' mariadb-server-core)"
UNPACK_PLUGINS := tar -x -C $(PLUGINS) --strip-components=5 $(addprefix ./usr/lib/mysql/plugin/,$(PLUGIN_FILES))

# The servers that the tests rotate users of, and those that the tests read repositories from. The tests start them with data of their own.
# And what an operator has: version 2 of the AWS CLI, which is in no registry of Python, jq, and a browser.
databases:
	@have() { ls /usr/lib/postgresql/*/bin/postgres && test -x /usr/sbin/pgbouncer && test -x /usr/sbin/mariadbd && test -r /usr/share/mysql/mysql_system_tables.sql \
		&& test -x /usr/sbin/sshd && test -x "$$(git --exec-path)/git-http-backend" && jq --version && test -x /usr/bin/chromium \
		&& for it in /usr/bin/aws $$(which -a aws); do $$it --version; done | grep '^aws-cli/2'; }; \
	have >/dev/null 2>&1 \
		|| { test "$$(id -u)" = 0 && { $(INSTALL_SERVERS) || { apt-get update -q && $(INSTALL_SERVERS); }; }; } \
		|| { echo "make setup: the tests need PostgreSQL, PgBouncer, MariaDB, git, OpenSSH's server, version 2 of the AWS CLI, jq and chromium; install them:" \
			"sudo apt-get install --no-install-recommends $(SERVERS)"; exit 1; }
	@{ $(HAVE_PLUGINS); } || { mkdir -p $(PLUGINS) && cd $(PLUGINS) \
		&& { $(DOWNLOAD_MARIADB) || { apt-get update -q && $(DOWNLOAD_MARIADB); }; } && cd $(CURDIR) \
		&& dpkg-deb --fsys-tarfile $(PLUGINS)/mariadb-server_*.deb | $(UNPACK_PLUGINS); rm -f $(PLUGINS)/*.deb; \
		$(HAVE_PLUGINS); } \
		|| { echo "make setup: some of $(PLUGIN_FILES) of Debian's package mariadb-server are missing; put them into $(PLUGINS)"; exit 1; }

# Debian keeps `venv` in a package of its own; it is installed where we may, and else named.
$(INSTALLED): $(REQUIREMENTS)
	@$(PYTHON) -c '$(IS_RECENT)' || { echo "make setup: Python 3.10 or later is needed"; exit 1; }
	@$(PYTHON) -c '$(HAS_VENV)' 2>/dev/null || { test "$$(id -u)" = 0 && apt-get install -y -q python3-venv; } \
		|| { echo "make setup: Python's venv is missing; install it: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(REQUIREMENTS)
	touch $@

$(PEERS)/.installed: $(PEERS_REQUIREMENTS)
$(AUDIT)/.installed: $(AUDIT_REQUIREMENTS)
$(BROWSER)/.installed: $(BROWSER_REQUIREMENTS)
$(PEERS)/.installed $(AUDIT)/.installed $(BROWSER)/.installed:
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes $(^:%=-r %)
	touch $@

actions: ## renew the packed list of AWS's actions that policies are checked against; needs npm
	$(PYTHON) shared/policy/actions/renew.py

clean: ## remove what was built and installed
	rm -rf target .local
