"""The device that was asked for, or a sentence that says which there are."""

import os

import pytest
import torch

from orangecontrib.imaging.core.device import DEVICE_NAMES, find_device, usable_cores
from orangecontrib.imaging.core.errors import UnknownDevice, WrongUse
from orangecontrib.imaging.core.graphics_card import Card
from orangecontrib.imaging.core.options import PRECISIONS


@pytest.fixture
def machine(monkeypatch):
    """Pretends that graphics cards are there or not, and fail, add wrongly, or neither."""
    def pretend(faults=(), wrong=(), built_with="13.0", **cards):
        def ones(size, device):
            if device in faults:
                raise RuntimeError(f"{device} error: no kernel image\nmore lines")
            return torch.tensor([0.0 if device in wrong else 1.0])

        monkeypatch.setattr(torch, "ones", ones)
        monkeypatch.setattr(torch.version, "cuda", built_with)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in cards)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in cards)
    return pretend


@pytest.mark.parametrize(("cards", "name", "title", "precision"), [
    ({}, "cpu", "CPU, 3 threads", "fp32"), ({"cuda": True}, "cuda", "NVIDIA H100", "fp32"),
    ({"mps": True}, "mps", "Apple GPU", "fp32"), ({"cuda": True, "mps": True}, "cuda", "NVIDIA H100", "fp32"),
])
def test_auto_takes_the_fastest_device_of_the_machine(machine, cards, name, title, precision):
    machine(**cards)
    found = find_device("auto", threads=3)
    assert (found.name, found.title, found.precision, found.threads) == (name, title, precision, 3)
    assert found.batch >= 1
    assert find_device("cpu", threads=3).name == "cpu"


def test_one_thread_is_spelt_as_one():
    assert find_device("cpu", threads=1).title == "CPU, 1 thread"


def test_without_a_number_every_usable_core_gets_a_thread(monkeypatch):
    assert find_device("cpu").threads == usable_cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert usable_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


def test_a_device_that_is_not_here_or_does_not_exist_is_refused(machine):
    machine()
    with pytest.raises(UnknownDevice, match="this machine has no NVIDIA graphics card that torch can use. Choose"):
        find_device("cuda")
    with pytest.raises(UnknownDevice, match="'gpu' is not a device. Choose one of: auto, cpu, cuda, mps."):
        find_device("gpu")
    assert set(DEVICE_NAMES) == {"auto", "cpu", "cuda", "mps"}


def test_a_device_that_fails_is_passed_over_and_its_reason_told_when_it_was_asked_for(machine):
    machine(cuda=True, mps=True, faults=["cuda"])
    assert find_device("auto").name == "mps"
    told = r"the NVIDIA graphics card failed \(cuda error: no kernel image\)\. Choose Automatic"
    with pytest.raises(UnknownDevice, match=told):
        find_device("cuda")
    machine(cuda=True, faults=["cuda"])
    assert find_device("auto").name == "cpu"


def test_a_device_that_adds_wrongly_is_not_used(machine):
    machine(cuda=True, wrong=["cuda"])
    assert find_device("auto").name == "cpu"
    with pytest.raises(UnknownDevice, match=r"the NVIDIA graphics card adds wrongly\. Choose Automatic"):
        find_device("cuda")


@pytest.mark.parametrize("threads", [0, -2])
def test_fewer_than_one_thread_is_refused(threads):
    with pytest.raises(WrongUse, match=f"{threads} threads cannot work. Give at least 1"):
        find_device("cpu", threads)


@pytest.mark.parametrize(("machine_has", "why"), [
    ({"built_with": None}, "GPU: not used, this torch was built without CUDA"),
    ({}, "GPU: not used, this machine has no NVIDIA graphics card that torch can use"),
    ({"cuda": True, "wrong": ["cuda"]}, "GPU: not used, the NVIDIA graphics card adds wrongly"),
    ({"cuda": True, "faults": ["cuda"]},
     "GPU: not used, the NVIDIA graphics card failed (cuda error: no kernel image)"),
], ids=["no CUDA", "no card", "adds wrongly", "fails"])
def test_on_a_processor_it_is_told_why_no_graphics_card_is_used(machine, machine_has, why):
    machine(**machine_has)
    assert (find_device("auto").name, find_device("auto").why) == ("cpu", why)
    assert find_device("cpu").why == ""


def test_nothing_is_explained_where_a_graphics_card_is_used(machine):
    machine(cuda=True)
    assert (find_device("auto").why, find_device("cuda").why) == ("", "")
    machine(mps=True, cuda=True, wrong=["cuda"])
    assert (find_device("auto").name, find_device("auto").why) == ("mps", "")


def test_a_torch_without_cuda_is_told_to_who_asked_for_a_card_even_where_there_is_one(machine):
    machine(built_with=None, cuda=True)
    with pytest.raises(UnknownDevice) as refused:
        find_device("cuda")
    assert str(refused.value) == (
        "NVIDIA graphics card: this torch was built without CUDA. Choose Automatic (auto) or CPU (cpu).")
    with pytest.raises(UnknownDevice, match=r"Apple GPU: this machine has no Apple GPU that torch can use\. Choose"):
        find_device("mps")


def test_an_error_without_words_is_still_a_sentence(machine, monkeypatch):
    machine(cuda=True)

    def ones(size, device):
        raise RuntimeError

    monkeypatch.setattr(torch, "ones", ones)
    assert find_device("auto").why == "GPU: not used, the NVIDIA graphics card failed (without a word)"


@pytest.mark.parametrize(("name", "batch", "precisions", "choices"), [
    ("cpu", 4, ["fp32", "bf16"], "Full (fp32), bfloat16 (bf16)"),
    ("cuda", 64, ["fp32", "tf32", "bf16", "fp16"], ""),
    ("mps", 32, ["fp32", "fp16"], "Full (fp32), Half (fp16)"),
])
def test_each_device_has_its_batch_and_its_precisions_and_refuses_the_others(machine, name, batch, precisions,
                                                                             choices):
    machine(cuda=True, mps=True)
    for precision in PRECISIONS:
        if precision in precisions:
            found = find_device(name, precision=precision)
            assert (found.name, found.batch, found.precision) == (name, batch, precision)
        else:
            with pytest.raises(WrongUse) as refused:
                find_device(name, precision=precision)
            title = {"tf32": "TF32 (tf32)", "bf16": "bfloat16 (bf16)", "fp16": "Half (fp16)"}[precision]
            assert str(refused.value) == (f"The precision {title} is not to be had on this device ({name}). "
                                          f"Choose one of: {choices}.")


def test_the_precision_is_judged_by_the_device_that_is_found(machine):
    machine(cuda=True)
    assert find_device("auto", precision="fp16").name == "cuda"
    machine()
    with pytest.raises(WrongUse, match=r"Half \(fp16\) is not to be had on this device \(cpu\)"):
        find_device("auto", precision="fp16")


def test_an_unknown_precision_is_refused_too():
    with pytest.raises(WrongUse, match=r"The precision 'fp8' is not to be had .* Choose one of: Full \(fp32\), bfl"):
        find_device("cpu", precision="fp8")


def test_a_card_that_torch_does_not_use_comes_with_the_remedy(machine, monkeypatch):
    monkeypatch.setattr("orangecontrib.imaging.core.device.find_card", lambda: Card(True, True))
    machine(built_with=None)
    assert "torch was built without CUDA. Close Orange" in find_device("auto").remedy
    with pytest.raises(UnknownDevice, match="Choose Automatic .auto. or CPU .cpu.. This computer has an NVIDIA"):
        find_device("cuda")
    machine(cuda=True)
    assert find_device("auto").remedy == find_device("cpu").remedy == ""
