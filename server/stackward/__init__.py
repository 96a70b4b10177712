"""stackward shows Go developers what their code allocates on the heap, and why."""

__version__ = "0.1.0"
