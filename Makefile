# The only verbs a developer needs; `make help` prints them from the comments after ##.
# Needs Python 3.11 or newer as python3, make, and nothing else.
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
N ?= 10000
HOKENSHA ?= 06132013
BANGO ?= $(HOKENSHA)
OUT ?= build/sample_$(N).csv
TESTS ?= tests
FIGURES_TO ?= docs
# Two processes, each with a database of its own; one file stays in one process.
PYTEST_ARGS ?= -q -n 2 --dist loadfile
NEEDS_FOLDERS = test -n "$(BACKUP)" -a -n "$(KEYS)" || { echo "BACKUP（データ）と KEYS（鍵）に、別々のフォルダを指定してください。" >&2; exit 1; }
OF_INDEX = --kind "$(KIND)" $(if $(KAGI_HOKENSHA),--hokensha "$(KAGI_HOKENSHA)")
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev python demo test test-core journeys check pia bench proofs figures figures-full backup restore rotate-index sample-file docs

help: ## この一覧
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "python3 がありません。Python 3.11 以上を入れてください。" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 以上が必要です（この python3 は $$($(PYTHON) -V 2>&1)）。" >&2; exit 1; }

setup: python ## .venv を作り、requirements.lock をハッシュ照合で入れる（変わったときだけ）
	@$(PYTHON) chukan/embedded/install.py

setup-dev: python ## setup に加えて、試験と検査に使うものを入れる
	@$(PYTHON) chukan/embedded/install.py --dev

demo: setup ## データベースから画面まで全部を起動する（Ctrl-C で終了、状態は CHUKAN_HOME に残る）
	@exec $(PY) -m chukan.embedded.demo

test: setup-dev ## すべての試験（unit, architecture, integration, contract, journeys, browser。証明は make figures）
	@$(PY) -m pytest $(PYTEST_ARGS) $(TESTS)

test-core: setup-dev ## サービスも Django も要らない試験だけ（数秒）
	@$(PY) -m pytest -p no:django --noconftest -W default::pytest.PytestConfigWarning -o addopts='--strict-markers --import-mode=importlib --disable-socket --allow-unix-socket' -q tests/unit/shikaku tests/unit/kernel/values tests/unit/kernel/merkle_log tests/unit/chukan/embedded

journeys: setup-dev ## 人の一連の仕事を通す試験
	@$(PY) -m pytest $(PYTEST_ARGS) tests/journeys

check: setup-dev ## 整形、lint、型、import の扉、移行、生成文書、unit と architecture の試験
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) docs/generate.py --check
	$(PY) -m pytest $(PYTEST_ARGS) tests/unit tests/architecture

pia: setup-dev ## 評価書の 270 の措置のうち、通った試験で示されている数
	@$(PY) docs/pia/report.py

bench: setup-dev ## 速さと記憶量を上限と並べて測る（結果は bench/results/）
	@$(PY) -m bench

proofs: setup-dev ## 証明のうち短いもの（make test のあとに。数値は build/figures/）
	@$(PY) -m pytest $(PYTEST_ARGS) -m "not slow" --figures ci --figures-to build/figures tests/proofs

figures: setup-dev ## 証明をすべて小さい規模で動かし、数値を docs/figures.md に残す（FIGURES_TO=フォルダ）
	@$(PY) -m pytest $(PYTEST_ARGS) --figures ci --figures-to $(FIGURES_TO) tests/proofs

figures-full: setup-dev ## 証明をすべて本来の規模で動かす（何時間もかかる）
	@$(PY) -m pytest -q --figures full --figures-to $(FIGURES_TO) tests/proofs

backup: setup ## 動いている CHUKAN_HOME の控えを取る（BACKUP=データの置き場 KEYS=鍵の置き場、別々のフォルダ）
	@$(NEEDS_FOLDERS)
	@$(PY) -m chukan.embedded.backup take --data "$(BACKUP)" --keys "$(KEYS)"

restore: setup ## 控えから新しい CHUKAN_HOME へ戻し、消去をやり直す（BACKUP=控えの一つ KEYS=鍵の置き場 WHO=戻す人）
	@$(NEEDS_FOLDERS)
	@$(PY) -m chukan.embedded.backup restore --data "$(BACKUP)" --keys "$(KEYS)" $(if $(WHO),--who "$(WHO)")

rotate-index: setup ## 索引の鍵を、動かしたまま新しくする（KIND=bi_zone・token・bi_global。bi_global のほかは KAGI_HOKENSHA=保険者コード）
	@CHUKAN_ROLE=kanri $(PY) manage.py rotate_index $(OF_INDEX)
	@CHUKAN_ROLE=worker $(PY) manage.py reindex_rows $(OF_INDEX)
	@CHUKAN_ROLE=kanri $(PY) manage.py rotate_index $(OF_INDEX) --end

sample-file: setup ## 加入者の見本ファイル N 行を作る（例: make sample-file N=1000000）
	@mkdir -p $(dir $(OUT))
	@$(PY) -m simulators.people --n $(N) --seed 1 --hokensha $(HOKENSHA) --bango $(BANGO) --out $(OUT) --truth $(OUT:.csv=.seikai.csv)
	@echo $(OUT)

docs: setup-dev ## 文書のうちコードから作るものを作り直す
	@$(PY) docs/generate.py
