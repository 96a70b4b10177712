# Everything that a developer or CI runs. `make demo` and `make test` set up what they need by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
# A test that hangs fails, with the stack of every thread; no test of the default suite takes a tenth of it.
HANG := -o faulthandler_timeout=300 -o faulthandler_exit_on_timeout=true

.PHONY: demo test test-std test-releases test-rewrites test-editors screenshots lint bench truth truth-modules fix-bench storefront-bench docs lock wheel clean

demo: $(READY) ## Analyse the example service with a real Go toolchain
	cd examples/storefront && "$(CURDIR)/$(BIN)/stackward" check ./...

test: $(READY) ## Every test but the slow one
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not std and not editors" $(HANG)

test-std: $(READY) ## The whole standard library (minutes)
	$(BIN)/python -m pytest -m std

test-releases: $(READY) ## The whole server with Go 1.23 to 1.27, or those of RELEASES (half an hour)
	$(BIN)/python tests/releases.py $(RELEASES)

test-rewrites: $(READY) ## Every example of a rewrite with Go 1.24 to 1.27, or those of RELEASES
	$(BIN)/python tests/releases.py $(or $(RELEASES),1.24 1.25 1.26 1.27) -- -n $(WORKERS) --dist loadfile tests/rewrites

test-editors: $(READY) ## In real editors, which are installed into the user's cache (minutes)
	@# What one file shares, an editor that was driven through a round, is made once.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m editors $(HANG) tests/editors

screenshots: $(READY) ## The pictures of the READMEs, as the tests in editors take them
	STACKWARD_SCREENSHOTS="$(CURDIR)/dist/screenshots" $(BIN)/python -m pytest -q -m editors $(HANG) \
		tests/editors/test_vscode_window.py tests/editors/test_neovim_terminal.py tests/editors/test_helix_terminal.py
	mkdir -p docs/images
	cp dist/screenshots/helix.svg docs/images/helix.svg
	cp dist/screenshots/neovim.svg editors/neovim/screenshot.svg
	cp dist/screenshots/hints-light.png editors/vscode/screenshots/hints.png
	cp dist/screenshots/hints-dark.png dist/screenshots/hints-contrast.png editors/vscode/screenshots
	cp dist/screenshots/flow-dark.png editors/vscode/screenshots/flow.png
	cp dist/screenshots/preview-light.png editors/vscode/screenshots/preview.png

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY) ## Timings against gopls and the bare compiler
	$(BIN)/python bench/run.py $(BENCH)

truth: $(READY) ## Recall, precision and sizes against what the tests of 70 packages allocate
	$(BIN)/python bench/truth.py --write --go 1.24 1.25 1.26 1.27 $(TRUTH)

truth-modules: $(READY) ## The same for modules of other people, which are downloaded
	$(BIN)/python bench/truth.py --write --third-party --go 1.26 1.27 $(TRUTH)

fix-bench: $(READY) ## Every safe rewrite over a copy of the standard library, which must build and pass its tests
	$(BIN)/python bench/fixes.py --write $(FIX)

storefront-bench: $(READY) ## What the example service allocates before and after its rewrites
	$(BIN)/python bench/storefront.py --write $(STOREFRONT)

docs: $(READY) ## The generated pages: rules and settings
	$(BIN)/python docs/generate.py

wheel: $(READY)
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

# The lock names versions and hashes but no index: any index will do.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" --extra go --group dev pyproject.toml -o requirements/dev.lock

$(READY): requirements/dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "stackward needs Python 3.11 or newer")'
	@# One whose making was interrupted, or whose Python has gone, is made anew.
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache
