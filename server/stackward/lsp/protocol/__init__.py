r"""The protocol on top of pygls 2.1.1, whose defects are put right in this package and nowhere else.

================================================================== ============================
what pygls does                                                    here
================================================================== ============================
splits lines at ``\f``, ``\v``, U+0085, U+2028 and ``\x1c``        ``documents``
puts an insert past the end of the text one character early        ``documents``
splits all lines again for each position                           ``documents``
never answers malformed parameters, nor those of the wrong types   ``dispatch``, ``typed``
goes on with what is cancelled                                     ``dispatch``
ignores default values of a command's parameters                   ``typed``
exits with 0 without ``shutdown``                                  ``transport``, ``dispatch``
answers requests before ``initialize`` with an internal error      ``transport``
waits for threads at the end of the input                          ``dispatch``
takes half a second to import before ``initialize`` is answered    ``transport``, ``wire``
================================================================== ============================

pygls stays the registry of handlers and the sender. This file imports nothing, since ``transport`` has to answer before
pygls is imported. ``tests/lsp/test_conformance.py`` lists the test of each line.
"""
