"""What ``go … -n`` prints, read without a go command."""

from __future__ import annotations

from stackward.toolchain.compileline import Key, compile_lines
from stackward.toolchain.dryrun import parse

COMPILE = (
    '/go/tool/compile -o $WORK/b001/_pkg_.a -trimpath "$WORK/b001=>" -p m/q -lang=go1.23 -complete -buildid x/x '
    "-goversion go1.26.8 -c=2 -N -m=2 -nolocalimports -importcfg $WORK/b001/importcfg -pack"
)


def script(*lines: str, package: str = "m/q") -> str:
    return "\n".join(["mkdir -p $WORK/b001/", "", "#", f"# {package}", "#", "", *lines, ""])


def test_words_are_unquoted_and_folders_put_back():
    # In the folder /w/app the path /w/app/a.go is printed as ./a.go, and /w/app-lib/l.go as .-lib/l.go.
    text = script("cd /w/app", f'{COMPILE} ./a.go .-lib/l.go "/w/app/\\u00e9 (x).go" "/w/\\xff q\\"\\\\.go"')
    [command] = parse(text).commands
    names = command.argv[command.argv.index("-pack") + 1 :]
    assert names == ("/w/app/a.go", "/w/app-lib/l.go", "/w/app/é (x).go", '/w/\udcff q"\\.go')


def test_only_what_belongs_to_the_package_is_kept_of_the_flags():
    [line] = compile_lines(parse(script("cd /w", f"{COMPILE} ./q.go"))).values()
    assert line.program == "/go/tool/compile"
    flags = ["-p", "m/q", "-lang=go1.23", "-complete", "-goversion", "go1.26.8", "-N", "-nolocalimports"]
    assert list(line.flags) == flags
    assert line.files == ("/w/q.go",)


def test_variables_before_a_command_belong_to_it():
    [command] = parse(script("cd /w", f"GOARCH='arm64' X=\"it's\" {COMPILE} ./q.go")).commands
    assert command.env == (("GOARCH", "arm64"), ("X", "it's"))
    assert command.argv[0] == "/go/tool/compile"


def test_a_wrapper_of_the_tools_is_left_out():
    [command] = parse(script("cd /w", f"/opt/wrap --all {COMPILE} ./q.go")).commands
    assert command.argv[0] == "/go/tool/compile"


def test_texts_with_and_without_a_last_newline():
    text = script(
        "cat >$WORK/b001/importcfg << 'EOF' # internal",
        "# import config",
        "importmap a/b=vendor/a/b",
        "packagefile vendor/a/b=/cache/with = sign-d",
        "EOF",
        "cat >$WORK/b001/embedcfg << 'EOF' # internal",
        "{",
        '\t"Files": {}',
        "}EOF",
        "echo -n > $WORK/b001/go_asm.h # internal",
        "echo '# import config' > $WORK/b002/importcfg # internal",
        f"{COMPILE} -asmhdr $WORK/b001/go_asm.h /w/q.go",
    )
    run = parse(text)
    assert run.writes["$WORK/b001/embedcfg"] == '{\n\t"Files": {}\n}'
    assert run.writes["$WORK/b001/go_asm.h"] == ""
    assert run.writes["$WORK/b002/importcfg"] == "# import config\n"
    [line] = compile_lines(run).values()
    assert (line.packagefiles, line.importmap) == (("vendor/a/b",), (("a/b", "vendor/a/b"),))
    assert line.files == ("/w/q.go",)


def test_a_package_and_its_test_are_told_apart_by_their_files():
    both = script(f"{COMPILE} /w/q.go") + script(f"{COMPILE} /w/q.go /w/q_test.go")
    lines = compile_lines(parse(both))
    assert set(lines) == {Key.of("m/q", ["/w/q.go"], []), Key.of("m/q", ["/w/q.go", "/w/q_test.go"], [])}


def test_files_that_cgo_made_stand_for_the_users():
    text = script(f"{COMPILE} /w/plain.go $WORK/b001/_cgo_gotypes.go $WORK/b001/c.cgo1.go $WORK/b001/_cgo_import.go")
    [(key, line)] = compile_lines(parse(text)).items()
    assert key == Key.of("m/q", ["/w/plain.go"], ["/w/c.go"])
    assert line.files == ("/w/plain.go",)


def test_other_commands_and_nonsense_are_passed_over():
    lines = (
        "gcc -I /w/compile -c x.c",
        "go tool buildid -w $WORK/b001/_pkg_.a # internal",
        '"unfinished compile',
        "\udcff",
    )
    assert compile_lines(parse(script(*lines))) == {}
