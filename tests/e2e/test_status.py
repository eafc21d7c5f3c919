"""`aliyun-ops status` and `receipt` tell the truth at every stage of a recreation."""

from typing import Any

from tests.e2e.conftest import Installation


def recreation(installation: Installation) -> dict[str, Any]:
    # What was tagged last shows a little later.
    installation.order("clock", advance=5)
    (found,) = installation.json("status")["recreations"]
    return dict(found)


def test_status_of_an_empty_cloud_says_so(installation: Installation) -> None:
    """Nothing is nothing, and held messages are said to be invisible."""
    shown = installation.command("status")

    assert shown.returncode == 0, shown.stderr
    assert "Nothing in this region carries our tag." in shown.stdout
    assert "No message can be seen." in shown.stdout
    assert "A message that a worker holds" in shown.stdout


def test_status_without_queues_names_the_remedy(installation: Installation) -> None:
    """A missing queue is a sentence and not a failure."""
    other = installation.config.read_text(encoding="utf-8").replace(
        '"log"', '"queue": {"name": "q-missing", "dead_letter_name": "q-missing-dead"}, "log"'
    )
    installation.config.write_text(other, encoding="utf-8")
    # The worker's policy names its queues; to it these are not missing but none of its business.
    installation.environ = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
    }

    shown = installation.command("status")

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("There is no such queue") == 2


def test_status_follows_a_recreation_to_its_end(installation: Installation) -> None:
    """From the notice in the queue over the image to the replacement, and into the receipt."""
    source = installation.seed(name="订单服务-01", tags={"团队": "交易"})
    installation.order("interrupt", instance_id=source)
    installation.order("clock", advance=5)

    (notice,) = installation.json("status")["queue"]["messages"]

    assert (notice["kind"], notice["facts"]) == ("notice", {"source": source})

    worker = installation.start("worker", "--config", str(installation.config), "run")
    worker.until_fact("step_waiting", step="launch")
    saving = recreation(installation)

    assert (saving["stage"], saving["source"]) in {("imaging", source), ("kept", source)}
    assert [disk["size"] for disk in saving["retained_disks"]] == [40]

    finished = worker.until_fact("recreation_finished")
    done = recreation(installation)

    assert done["stage"] == "done"
    assert [one["id"] for one in done["replacements"]] == [finished["replacement"]]
    assert done["delete_after"]

    shown = installation.command("receipt", source)

    assert shown.returncode == 0, shown.stderr
    assert finished["replacement"] in shown.stdout
    assert "\x1b" not in shown.stdout
    assert installation.json("receipt", source)["outcome"] == "recovered"
    assert [one["source"]["name"] for one in installation.json("receipt")] == ["订单服务-01"]

    (kept,) = (installation.directory / "receipts").glob("*.html")
    page = installation.directory / "page.html"
    written = installation.command("receipt", source, "--html", str(page))

    assert written.returncode == 0, written.stderr
    assert page.read_text("utf-8") == kept.read_text("utf-8")
    assert finished["replacement"] in page.read_text("utf-8")


def test_status_tells_what_to_do_about_a_parked_message(installation: Installation) -> None:
    """An event for an instance that nobody knows is parked, and status says what to do."""
    installation.command("rule", "test", "--send", "--local")
    worker = installation.start("worker", "--config", str(installation.config), "run")
    worker.until_fact("parked")

    (parked,) = installation.json("status")["dead_letters"]["messages"]
    shown = installation.command("status", "--language", "zh")

    assert parked["kind"] == "parked"
    assert parked["signed"] is True
    assert parked["facts"]["what-to-do"]
    assert "处理办法：" in shown.stdout
