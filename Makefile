# Two commands matter: make run, make test. Every recipe is one script in scripts/, which says what it does.
# ARGS goes through, for example: make run ARGS="--listen 127.0.0.1:9000"
.DEFAULT_GOAL := help
MINUTES ?= 10
.PHONY: run test test-engines fuzz mutants dev lint bench bench-batch image image-full dist help

run:   ## install what is missing, build, serve on http://localhost:8000
	@scripts/run.sh $(ARGS)

test:  ## every test there is: unit, integration, end to end; ends with their count
	@scripts/test.sh $(ARGS)

test-engines: ## the tests that meet an engine, and a journey, on one with userns-remap and on Debian forky's 28.5, both image stores
	@scripts/engines.sh $(ARGS)

fuzz: ## random output through the screen model, with xterm.js as the judge: make fuzz MINUTES=30
	@scripts/fuzz.sh $(MINUTES)

mutants: ## measure the tests of domain and scheduler by the mutants they should catch; of another crate: make mutants ARGS=screen
	@scripts/mutants.sh $(ARGS)

dev:   ## serve unoptimised and rebuild at every change
	@scripts/dev.sh $(ARGS)

lint:  ## format, clippy, who may depend on whom, sizes
	@scripts/lint.sh

bench: ## measure beside the floor or a peer; a table, and target/bench/*.json; ENGINE=containerd: on Engine 28.5
	@scripts/bench.sh $(ARGS)

bench-batch: ## the same for jobs: taken in, planned, started, run to their end, listed
	@scripts/bench.sh batch $(ARGS)

image: ## build the node image docklet/base if a file of images/base changed
	@scripts/engine.sh
	@scripts/image.sh base

dist: ## build what the images of docker-compose.yml are made of; then: docker-compose up --build -d
	@scripts/setup.sh engine
	@scripts/build.sh run
	@scripts/book.sh
	@scripts/dist.sh release

image-full: ## build docklet/full: base with scipy, pandas, scikit-learn, Spark, R, Java, Node.js and TeX
	@scripts/engine.sh
	@scripts/image.sh full

help:
	@sed -n 's/^\([a-z-]*\): *## */\1\t/p' Makefile | expand -t 12
