"""``make truth``: what stackward shows against what allocates when a package's own tests run.

Modules, lowest first: ``profile`` and ``coverage`` read what the go command writes; ``attribution`` says whose line a
sample is; ``recording`` changes the runtime so that nothing escapes the profile; ``toolchains`` and ``collect`` run
the go command, once per toolchain and text of a package; ``claims`` asks stackward and the raw log what they show;
``score`` joins the two; ``table`` prints.
"""
