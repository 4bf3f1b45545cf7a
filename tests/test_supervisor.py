"""What `make demo` does when one of its processes ends by itself."""

from omnishop import supervisor


def test_what_ran_a_while_is_started_again_and_what_cannot_run_ends_all(monkeypatch, capsys):
    monkeypatch.setitem(supervisor.COMMANDS, "worker", ["timeit", "-n1", "pass"])
    ours = supervisor.Supervisor("127.0.0.1", 1)
    ours._start("worker")
    first = ours.processes["worker"]
    first.wait()
    ours.started["worker"] -= supervisor.TOO_SOON

    assert not ours._cannot_run("worker")

    second = ours.processes["worker"]
    assert second.pid != first.pid
    assert "worker ended by itself with status 0; it is started again." in capsys.readouterr().out
    second.wait()
    assert ours._cannot_run("worker")
    assert ours.processes["worker"] is second
    ours._stop_all()
