"""musicnn: a network that has listened to other music, as an ear for this one (chapter ``14_listening``).

Pons & Serra (2019) trained two models to say which of 50 tags people gave to songs: ``msd``, on songs of the Million
Song Dataset and the tags of Last.fm, and ``mtt``, on MagnaTagATune. A clip goes in; the time means of the layer before
the last, and of the tags' probabilities, come out. The weights come with the package ``musicnn``, see ``weights``.
"""

import io
import zipfile
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from vaeclust.cores import one_thread
from vaeclust.corpus.audio import AudioError, compile_once, mel_filters
from vaeclust.corpus.checkpoint import read_checkpoint
from vaeclust.corpus.weights import Weights

if TYPE_CHECKING:
    from vaeclust.corpus.musicnn import Musicnn

RECIPE = 1  # of what listen gives: see ``audio.RECIPE``
SAMPLE_RATE = 16_000
N_FFT, HOP, BANDS = 512, 256, 96
PATCH = 187  # frames, three seconds: what the models were trained on
# Of the patches that lie end to end every second one, five in 30 seconds: half the work. Chosen where genres were
# known, on the mini set of GTZAN, which all ten group no better.
EVERY = 2

LAYER = {model: tuple(f"{model}_{number:03d}" for number in range(200)) for model in ("msd", "mtt", "untrained")}
TAGS: dict[str, tuple[str, ...]] = {
    "msd": (
        "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock",
        "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow",
        "electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient",
        "acoustic", "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening",
        "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad",
        "House", "happy",
    ),
    "mtt": (
        "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
        "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
        "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo",
        "man", "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello",
        "no voice", "weird", "country", "metal", "female voice", "choral",
    ),
}  # fmt: skip
# Those of the first model that name no genre.
PLAIN_TAGS = (
    "female vocalists", "00s", "beautiful", "male vocalists", "Mellow", "80s", "90s", "chill", "instrumental", "oldies",
    "acoustic", "female vocalist", "guitar", "70s", "party", "sexy", "catchy", "60s", "sad", "happy",
)  # fmt: skip


def listen(samples: np.ndarray, model: str = "msd", *, every: int = EVERY) -> np.ndarray:
    """Return what a model makes of a clip, time means (250,) float64: the layer before the last (200), then tags (50).

    samples: (n,) float32, mono, 16,000 Hz. every: of how many patches that lie end to end one is listened to. Raises
    AudioError for less sound than one patch, FileNotFoundError without weights.
    """
    return hear(samples, trained(model), every=every)


def hear(samples: np.ndarray, network: "Musicnn", *, every: int = EVERY) -> np.ndarray:
    """Return what a network makes of a clip, as :func:`listen` does, whatever its weights."""
    import torch

    spectra = torch.from_numpy(patches(samples, every=every))
    with one_thread(), torch.inference_mode():
        # One by one: a batch wants so much memory that getting it takes as long as the convolutions.
        found = [torch.cat(network(patch), dim=1) for patch in spectra.split(1)]
    return torch.cat(found).numpy().mean(axis=0, dtype=np.float64)


def patches(samples: np.ndarray, *, every: int = EVERY) -> np.ndarray:
    """Return the patches of a clip, (patches, 187, 96) float32: log10(10,000 S + 1) of the mel power spectrum S.

    samples: (n,) float32, mono, 16,000 Hz. Frames are centred and padded with zeros, as librosa's. Raises AudioError
    for less sound than one patch.
    """
    compile_once("mfcc20")
    import librosa

    frames = 1 + len(samples) // HOP
    if frames < PATCH:
        raise AudioError(
            f"it lasts {len(samples) / SAMPLE_RATE:.2f} s; at least {(PATCH - 1) * HOP / SAMPLE_RATE:.2f} s are needed "
            "(musicnn hears three seconds at once)"
        )
    padded = np.pad(samples, N_FFT // 2)
    found = []
    for start in range(0, frames - PATCH + 1, every * PATCH):
        part = padded[start * HOP : (start + PATCH - 1) * HOP + N_FFT]
        power = np.abs(librosa.stft(part, n_fft=N_FFT, hop_length=HOP, center=False)) ** 2
        found.append(np.log10(10_000 * (mel_filters(SAMPLE_RATE, N_FFT, BANDS) @ power) + 1).T)
    return np.stack(found).astype(np.float32)


@cache
def trained(model: str) -> "Musicnn":
    """Return a trained model, ``"msd"`` or ``"mtt"``; FileNotFoundError says how to get its weights."""
    from vaeclust.corpus.musicnn import Musicnn

    with np.load(io.BytesIO(MUSICNN.file(f"{model}.npz").read_bytes()), allow_pickle=False) as arrays:
        return Musicnn().fill(arrays)


def overhear(samples: np.ndarray) -> np.ndarray:
    """Return what the network makes of a clip with random weights, time means (200,) float64 of the layer.

    What the architecture hears without having learned anything: PyTorch's own initial weights, always the same. Raises
    as :func:`listen` does.
    """
    return hear(samples, _untrained())[: len(LAYER["untrained"])]


@cache
def _untrained() -> "Musicnn":
    import torch

    from vaeclust.corpus.musicnn import Musicnn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Musicnn()


def recipe() -> str:
    """Return what the numbers depend on besides sound and model."""
    return f"{_libraries()}, musicnn {MUSICNN.version}, recipe {RECIPE}"


def untrained_recipe() -> str:
    """Return what the numbers depend on besides the sound, where no weights are."""
    return f"{_libraries()}, recipe {RECIPE}"


def _libraries() -> str:
    return ", ".join(f"{library} {version(library)}" for library in ("librosa", "torch"))


def _unpack(wheel: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the weights of both models as npz, without the state of their optimiser; both fill a network."""
    from vaeclust.corpus.musicnn import Musicnn

    files = {}
    for model in TAGS:
        folder = f"musicnn/{model.upper()}_musicnn"
        arrays = read_checkpoint(wheel.read(f"{folder}/.index"), wheel.read(f"{folder}/.data-00000-of-00001"))
        kept: dict[str, Any] = {name: array for name, array in arrays.items() if "Adam" not in name and array.ndim}
        Musicnn().fill(kept)
        content = io.BytesIO()
        np.savez(content, **kept)
        files[f"{model}.npz"] = content.getvalue()
    return files


MUSICNN = Weights(
    "musicnn",
    "musicnn (Pons & Serra 2019), two networks for tagging music, trained on the Million Song Dataset and on "
    "MagnaTagATune. Copyright Music Technology Group, Universitat Pompeu Fabra 2019; ISC licence.",
    package="musicnn",
    version="0.1.0",
    wheel="musicnn-0.1.0-py3-none-any.whl",
    sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
    size="29 MB",
    unpack=_unpack,
)
