"""The trained methods as estimators of scikit-learn, kept as files that hold no code (chapter ``18_library``).

``VAE(latent_dim=8, random_state=0).fit_transform(X)`` takes an array (tracks, features) and returns the embedding,
the bits of ``fit("vae", dataset, [0])``. Parameters have scikit-learn's names where it has one (``random_state``,
``n_clusters``) and else those of the field: a latent space has a ``latent_dim``, as in every paper about it; what
``n_components`` promises elsewhere, that components have an order, it does not. They are thin: the one training loop
does the work.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from inspect import Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from vaeclust.clusters.clusterers import CLUSTERERS, check_clusterers
from vaeclust.clusters.ensembles import CONSENSUS, consensus
from vaeclust.cores import one_thread, torch_thread
from vaeclust.corpus.dataset import Dataset
from vaeclust.corpus.scaling import SCALINGS, Scale, standard_scale
from vaeclust.files import replacement, versions
from vaeclust.methods.catalogue import Method, find

if TYPE_CHECKING:
    from vaeclust.methods.fits import Fit

FORMAT = "1"  # of the files of models; another one when what stands in them means something else
SUFFIX = ".safetensors"
BLOCK = 256  # tracks that a network is shown at once, so that what it says of one does not depend on the others
_LARGEST = 1 << 30  # bytes of a file of a model


class Representation(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """What all estimators share: they see features as ``load`` scales them, and can be kept as a file.

    Attributes
    ----------
    scale_ : Scale or None
        What turns features in their own units into what the method sees; None with ``standardise=False``.
    """

    slug: ClassVar[str]  # of its row in METHODS
    own: ClassVar[tuple[str, ...]] = ()  # parameters that are settings of the row
    standardise: bool

    def save(self, path: str | Path) -> Path:
        """Write the model to a file that holds numbers and texts, and no code; :func:`load_model` reads it.

        The name gets the suffix ``.safetensors``. Raises NotFittedError before ``fit``.
        """
        from safetensors.torch import save

        check_is_fitted(self)
        tensors = {f"model.{name}": values.contiguous() for name, values in self._state().items()}
        if self.scale_ is not None:
            tensors |= {f"scale.{name}": _tensor(getattr(self.scale_, name)) for name in _SCALE}
        told = {
            "format": FORMAT,
            "estimator": type(self).__name__,
            "parameters": json.dumps(_plain(self.get_params())),
            "method": json.dumps({"slug": self.slug, "settings": _plain(self._settings())}),
            "features": json.dumps(list(map(str, self._names(self.n_features_in_)))),
            "named": json.dumps(hasattr(self, "feature_names_in_")),
            "roots": json.dumps(bool(self.scale_ is not None and self.scale_.roots)),
            "versions": json.dumps(versions()),
        }
        with replacement(Path(path).with_suffix(SUFFIX)) as temporary:
            temporary.write_bytes(save(tensors, told))
        return Path(path).with_suffix(SUFFIX)

    def _scaled(self, audio: np.ndarray) -> np.ndarray:
        """Return features (tracks, d) float32 as the method sees them."""
        return audio.astype(np.float32) if self.scale_ is None else self.scale_(audio)

    def _unscaled(self, seen: np.ndarray) -> np.ndarray:
        """Return features (tracks, d) float64 in their own units."""
        return seen.astype(np.float64) if self.scale_ is None else self.scale_.inverse(seen)

    def _fit_scale(self, audio: np.ndarray) -> None:
        names = list(map(str, self._names(self.n_features_in_)[: audio.shape[1]]))
        self.scale_ = standard_scale(pd.DataFrame(audio, columns=names)) if self.standardise else None

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """Return the tensors that are kept, by name."""

    @abstractmethod
    def _restore(self, state: dict[str, Any], n_audio: int) -> None:
        """Take over the tensors that were kept; ValueError or RuntimeError for others than this one has."""

    @property
    def _n_lyrics(self) -> int:
        return int(getattr(self, "n_lyrics", 0))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # embeddings are float32, whatever comes in
        return tags

    def _settings(self) -> dict[str, Any]:
        """Return what is put over the settings of the row."""
        values = {name: getattr(self, name) for name in self.own}
        return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}

    def _validated(self, X: Any, *, fitting: bool = False) -> np.ndarray:  # noqa: N803
        least = {"ensure_min_samples": 2} if fitting else {"reset": False}
        return validate_data(self, X, dtype=np.float64, **least)

    def _names(self, n: int) -> list:
        return list(getattr(self, "feature_names_in_", range(n)))


class Features(Representation):
    """No network: the features as they are, only scaled.

    standardise: as of :class:`Network`.

    >>> Features().fit_transform(np.array([[60.0], [120.0]])).ravel().tolist()
    [-1.0, 1.0]
    """

    slug = "raw"

    def __init__(self, *, standardise: bool = True):
        self.standardise = standardise

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803
        """Learn how to scale tracks, (tracks, features) in their own units."""
        self._fit_scale(self._validated(X, fitting=True))
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the scaled features, (tracks, features) float32."""
        check_is_fitted(self)
        return self._scaled(self._validated(X))

    def inverse_transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return features (tracks, features) float64 in their own units."""
        check_is_fitted(self)
        return self._unscaled(np.asarray(X))

    @property
    def _n_features_out(self) -> int:
        return self.n_features_in_

    def _state(self) -> dict[str, Any]:
        return {}

    def _restore(self, state: dict[str, Any], n_audio: int) -> None:
        if state:
            raise ValueError(f"tensors that it has no use for: {', '.join(state)}")


class PCA(Representation):
    """The principal components of the study: those of scikit-learn, of standardised features, which can be kept.

    latent_dim: how many; standardise: as of :class:`Network`. Raises ValueError where there are fewer.

    >>> X = np.random.default_rng(0).normal(size=(40, 6))
    >>> PCA(latent_dim=2).fit_transform(X).shape
    (40, 2)
    """

    slug = "pca"

    def __init__(self, latent_dim: int = 16, *, standardise: bool = True):
        self.latent_dim = latent_dim
        self.standardise = standardise

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803
        """Find the components of tracks, (tracks, features) in their own units."""
        from vaeclust.methods.training import fit

        table = self._validated(X, fitting=True)
        self._fit_scale(table)
        ids = pd.Index(map(str, range(len(table))), name="track_id")
        seen = self._scaled(table)
        none = np.zeros(len(table), dtype=bool)
        dataset = Dataset("array", pd.DataFrame(index=ids), pd.DataFrame(table, ids), seen, None, none)
        fitted = fit("pca", dataset, [0], latent_dim=self.latent_dim)
        self._take(fitted.models[0])
        self.embedding_ = fitted.embeddings[0]
        return self

    def fit_transform(self, X: Any, y: object = None, **_: object) -> np.ndarray:  # noqa: N803
        """Find the components of tracks and return their scores: the bits of ``methods.fit``."""
        return self.fit(X).embedding_

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the scores of tracks, (tracks, latent_dim) float32."""
        check_is_fitted(self)
        with one_thread():
            return ((self._scaled(self._validated(X)) - self.mean_) @ self.components_.T).astype(np.float32)

    def inverse_transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return tracks (tracks, features) float64 in their own units, from scores (tracks, latent_dim)."""
        check_is_fitted(self)
        return self._unscaled(np.asarray(X) @ self.components_ + self.mean_)

    @property
    def _n_features_out(self) -> int:
        return int(self.latent_dim)

    def _take(self, model: Any) -> None:
        """Take over the components that scikit-learn found."""
        self.components_, self.mean_ = (np.array(found, np.float64) for found in (model.components_, model.mean_))

    def _state(self) -> dict[str, Any]:
        return {"components": _tensor(self.components_), "mean": _tensor(self.mean_)}

    def _restore(self, state: dict[str, Any], n_audio: int) -> None:
        self.components_, self.mean_ = state["components"].numpy(), state["mean"].numpy()
        if self.components_.shape != (self.latent_dim, n_audio) or self.mean_.shape != (n_audio,):
            raise ValueError(f"its components are {self.components_.shape}; expected {(self.latent_dim, n_audio)}")


class Network(Representation):
    """A trained method: what all of them share.

    Parameters
    ----------
    latent_dim, epochs, batch_size : int
    learning_rate : float
        Of Adam.
    standardise : bool
        Whether features are standardised first, as ``load`` does.
    random_state : int, RandomState or None
        An int gives the same bits on one machine.
    device : str
        "auto" takes a GPU if there is one, "cpu" never.

    Attributes
    ----------
    model_ : Model
        The trained network, in evaluation mode.
    embedding_ : ndarray
        (tracks, latent_dim) float32 of what it was fitted to.
    history_ : DataFrame
        ``epoch, term, value``: the terms of the loss.
    scale_ : Scale or None
        Of :class:`Representation`.
    """

    def __init__(
        self,
        latent_dim: int = 16,
        *,
        epochs: int = 50,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        standardise: bool = True,
        random_state: Any = None,
        device: str = "auto",
    ):
        self.latent_dim = latent_dim
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.standardise = standardise
        self.random_state = random_state
        self.device = device

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let a subclass show all its parameters, those of its base too: scikit-learn reads them off the signature."""
        super().__init_subclass__(**kwargs)
        inherited = signature(super(cls, cls).__init__).parameters
        ours = [each for each in signature(cls.__init__).parameters.values() if each.kind is not each.VAR_KEYWORD]
        more = [each for name, each in inherited.items() if name not in {own.name for own in ours}]
        cls.__init__.__signature__ = Signature([*ours, *more])  # type: ignore[attr-defined]
        cls.__signature__ = Signature([*ours[1:], *more])  # type: ignore[attr-defined]

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803
        """Train on tracks, (tracks, features) in their own units; y is not looked at.

        Raises ValueError for fewer than two tracks, for what is no finite number, and for a setting that cannot work.
        """
        from vaeclust.methods.training import fit

        table = self._validated(X, fitting=True)
        n_audio = table.shape[1] - self._n_lyrics
        if n_audio < 1:
            raise ValueError(
                f"n_lyrics={self._n_lyrics} of {table.shape[1]} columns; expected at least one before them"
            )
        self._fit_scale(table[:, :n_audio])
        seed = _seed(self.random_state)
        settings = {name: getattr(self, name) for name in ("epochs", "batch_size", "learning_rate", "latent_dim")}
        chosen = find(self.slug, **self._settings())
        fitted = fit(chosen, self._dataset(table), [seed], device=self.device, **settings)
        self.model_, self.embedding_ = fitted.models[0], fitted.embeddings[0]
        self.history_ = fitted.history.drop(columns="seed")
        return self

    def fit_transform(self, X: Any, y: object = None, **_: object) -> np.ndarray:  # noqa: N803
        """Train on tracks and return their embedding, (tracks, latent_dim) float32: the bits of ``methods.fit``."""
        return self.fit(X).embedding_

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the embedding of tracks, (tracks, latent_dim) float32: posterior means, or codes.

        What it says of a track does not depend on the tracks beside it.
        """
        return self._run(X).mean.numpy()

    def inverse_transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return tracks (tracks, features) float64 in their own units, from embeddings (tracks, latent_dim)."""
        import torch

        check_is_fitted(self)
        codes = np.asarray(X, dtype=np.float32)
        if codes.ndim != 2 or codes.shape[1] != self._n_features_out:
            raise ValueError(f"codes of shape {codes.shape}; expected (tracks, {self._n_features_out})")
        with torch_thread(), torch.no_grad():
            again = self.model_.decoder(torch.from_numpy(codes)).numpy()
        n_audio = self.n_features_in_ - self._n_lyrics
        return np.hstack([self._unscaled(again[:, :n_audio]), again[:, n_audio:]])

    def score(self, X: Any, y: object = None) -> float:  # noqa: N803
        """Return the mean evidence lower bound of tracks, in nats: the higher the better; for ``GridSearchCV``.

        ``-‖x - x̂‖² - d/2 log π - KL``: the normal decoder whose variance ½ the loss implies, one draw of the code for
        each track, always the same; whatever beta it was trained with. Without a posterior there is no draw and no KL.
        """
        import torch

        inputs, output = self._run(X, draw=True, inputs=True)
        width = self.n_features_in_
        if self._n_lyrics or inputs.shape[1] > width:
            width = inputs.shape[1] - 1
        terms = self.model_.loss_terms(inputs, output)
        cost = sum(values for values in terms.values())
        return float(-cost.double().mean() - 0.5 * width * torch.log(torch.tensor(torch.pi)).double())

    @property
    def _n_features_out(self) -> int:
        return int(self.latent_dim)

    def _dataset(self, table: np.ndarray) -> Dataset:
        """Return tracks as a corpus whose ids are their places."""
        audio, lyrics = np.split(table, [table.shape[1] - self._n_lyrics], axis=1)
        ids = pd.Index(map(str, range(len(table))), name="track_id")
        features = pd.DataFrame(audio, ids)
        told = lyrics.astype(np.float32), (lyrics != 0).any(axis=1)
        return Dataset("array", pd.DataFrame(index=ids), features, self._scaled(audio), *told)

    def _inputs(self, table: np.ndarray) -> np.ndarray:
        """Return what the network sees of tracks, as ``training.model_inputs`` puts it together."""
        audio, lyrics = np.split(table, [table.shape[1] - self._n_lyrics], axis=1)
        seen = self._scaled(audio)
        if find(self.slug).inputs == ("audio",):
            return seen
        return np.hstack([seen, lyrics, (lyrics != 0).any(axis=1)[:, None]]).astype(np.float32)

    def _run(self, X: Any, *, draw: bool = False, inputs: bool = False) -> Any:  # noqa: N803
        """Return what the network makes of tracks, in blocks of one size; with ``inputs`` what it saw, too."""
        import torch

        from vaeclust.methods.models import Output

        check_is_fitted(self)
        shown = torch.from_numpy(self._inputs(self._validated(X)))
        generator = torch.Generator().manual_seed(0)
        parts = []
        with torch_thread(), torch.no_grad():
            for start in range(0, len(shown), BLOCK):
                block = shown[start : start + BLOCK]
                whole = block if len(block) == BLOCK else torch.nn.functional.pad(block, (0, 0, 0, BLOCK - len(block)))
                noise = self._noise(generator) if draw and "latent" in self.model_.noise_widths else None
                parts.append([
                    None if values is None else values[: len(block)] for values in self.model_(whole, noise)
                ])  # fmt: skip
        output = Output._make(None if part[0] is None else torch.cat(part) for part in zip(*parts, strict=True))
        return (shown, output) if inputs else output

    def _state(self) -> dict[str, Any]:
        return self.model_.state_dict()

    def _restore(self, state: dict[str, Any], n_audio: int) -> None:
        import torch

        row = find(self.slug, **self._settings())
        with torch.device("meta"):  # costs no memory, whatever size the file claims
            model = row.build()(n_audio, latent_dim=self.latent_dim, **row.settings)
        model.load_state_dict(state, assign=True)
        self.model_ = model.eval().requires_grad_(False)

    def _noise(self, generator: Any) -> dict[str, Any]:
        """Return the noise of a block that drops nothing: what the code of each track is drawn by."""
        import torch

        noise = {name: torch.ones(BLOCK, width) for name, width in self.model_.noise_widths.items()}
        return noise | {"latent": torch.randn(noise["latent"].shape, generator=generator)}


class Autoencoder(Network):
    """The deterministic autoencoder; Hinton & Salakhutdinov (2006).

    hidden: tuple of int, units of the encoder's hidden layers; the decoder mirrors them. Others: of :class:`Network`.

    >>> X = np.random.default_rng(0).normal(size=(40, 6))
    >>> Autoencoder(latent_dim=2, epochs=2, random_state=0).fit_transform(X).shape
    (40, 2)
    """

    slug = "autoencoder"
    own: ClassVar[tuple[str, ...]] = ("hidden",)

    def __init__(self, latent_dim: int = 16, *, hidden: tuple[int, ...] = (128, 64), **training: Any):
        super().__init__(latent_dim, **training)
        self.hidden = hidden


class VAE(Autoencoder):
    """The variational autoencoder; Kingma & Welling (2014). Another ``beta`` than 1 makes it a beta-VAE.

    beta: float, the weight of the KL term, 0 or more. Others: of :class:`Autoencoder`.

    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.cluster import KMeans
    >>> X = np.random.default_rng(0).normal(size=(40, 6))
    >>> grouped = make_pipeline(VAE(latent_dim=2, beta=0.5, epochs=2, random_state=0), KMeans(3, random_state=0))
    >>> grouped.fit_predict(X).shape
    (40,)
    """

    slug = "vae"
    own: ClassVar[tuple[str, ...]] = ("beta", "hidden")

    def __init__(self, latent_dim: int = 16, *, beta: float = 1.0, **training: Any):
        super().__init__(latent_dim, **training)
        self.beta = beta


class ConvVAE(Network):
    """The VAE that reads the features as a sequence. beta: of :class:`VAE`; others: of :class:`Network`."""

    slug = "conv_vae"
    own: ClassVar[tuple[str, ...]] = ("beta",)

    def __init__(self, latent_dim: int = 16, *, beta: float = 1.0, **training: Any):
        super().__init__(latent_dim, **training)
        self.beta = beta


class MultimodalVAE(VAE):
    """The VAE of audio and lyrics, concatenated.

    n_lyrics: int, how many of the last columns are numbers of the lyrics, which are taken as they are; 0 is none. A
    track whose numbers are all 0 has no lyrics. Others: of :class:`VAE`.

    >>> X = np.random.default_rng(0).normal(size=(40, 9))
    >>> MultimodalVAE(latent_dim=2, n_lyrics=3, epochs=2, random_state=0).fit(X).inverse_transform([[0, 0]]).shape
    (1, 9)
    """

    slug = "multimodal_vae"
    own: ClassVar[tuple[str, ...]] = ("beta", "hidden", "n_lyrics")

    def __init__(self, latent_dim: int = 16, *, n_lyrics: int = 0, **training: Any):
        super().__init__(latent_dim, **training)
        self.n_lyrics = n_lyrics


class ProductOfExperts(ConvVAE):
    """The VAE of audio and lyrics with an encoder for each; Wu & Goodman (2018).

    n_lyrics: of :class:`MultimodalVAE`; others: of :class:`ConvVAE`.
    """

    slug = "product_of_experts"
    own: ClassVar[tuple[str, ...]] = ("beta", "n_lyrics")

    def __init__(self, latent_dim: int = 16, *, n_lyrics: int = 0, **training: Any):
        super().__init__(latent_dim, **training)
        self.n_lyrics = n_lyrics


class VaDE(ClusterMixin, Network):
    """The VAE whose prior is a mixture, with clusters of its own; Jiang et al. (2017).

    n_clusters: int, components of the mixture. ``labels_``: (tracks,) the cluster of what it was fitted to. Others: of
    :class:`Network`.

    >>> X = np.random.default_rng(0).normal(size=(40, 6))
    >>> VaDE(latent_dim=2, n_clusters=3, epochs=2, random_state=0).fit_predict(X).shape
    (40,)
    """

    slug = "vade"

    def __init__(self, latent_dim: int = 16, *, n_clusters: int = 10, **training: Any):
        super().__init__(latent_dim, **training)
        self.n_clusters = n_clusters

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803
        """Train on tracks, as :meth:`Network.fit`."""
        super().fit(X)
        self.labels_ = self.predict(X)
        return self

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the component that each track most likely comes from, (tracks,) int64."""
        return self._run(X).responsibilities.argmax(-1).numpy()

    def _settings(self) -> dict[str, Any]:
        return {"components": self.n_clusters}


class Clustering(ClusterMixin, BaseEstimator):
    """A clusterer of the book: those of scikit-learn as the study set them, DBSCAN's radius found by its rule.

    Parameters
    ----------
    clusterer : str
        A row of CLUSTERERS, or ``"consensus"``: what ten runs of K-Means agree on (``ensembles.consensus``).
    n_clusters : int
        Those that choose it themselves do not look at it.
    random_state : int, RandomState or None

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(40, 2)) + np.repeat([[0, 0], [9, 9]], 20, axis=0)
    >>> sorted(np.bincount(Clustering("kmeans", n_clusters=2, random_state=0).fit_predict(X)).tolist())
    [20, 20]
    """

    def __init__(self, clusterer: str = "kmeans", *, n_clusters: int = 8, random_state: Any = None):
        self.clusterer = clusterer
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803
        """Group tracks by points (tracks, dimensions); ``labels_``: (tracks,) int, -1 for noise.

        Raises ValueError for an unknown clusterer, and for more clusters than tracks.
        """
        agreed = self.clusterer == CONSENSUS
        check_clusterers(("kmeans" if agreed else self.clusterer,))
        points = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        k, seed = self.n_clusters, _seed(self.random_state)
        if not 1 <= k <= len(points):
            raise ValueError(f"n_clusters={k} of {len(points)} tracks; expected from 1 to as many as there are")
        function = CLUSTERERS["kmeans" if agreed else self.clusterer].function
        with one_thread():
            runs = [function(points, k, seed + run) for run in range(_RUNS if agreed else 1)]
        if agreed:
            told = {"track_id": np.arange(len(points)), "clusterer": "kmeans"}
            every = pd.concat(pd.DataFrame({**told, "seed": run, "cluster": each}) for run, each in enumerate(runs))
            runs = [consensus(every, k, size=_RUNS)["cluster"]]
        self.labels_ = np.asarray(runs[0], dtype=np.int64)
        return self


ESTIMATORS: dict[str, type[Representation]] = {
    each.slug: each for each in (Features, PCA, Autoencoder, VAE, ConvVAE, MultimodalVAE, ProductOfExperts, VaDE)
}
PLAIN = ("raw", "features")  # methods that are no network at all
_RUNS = 10  # of K-Means, for one consensus
_SCALE = ("unit", "mean", "deviation")


def _seed(random_state: Any) -> int:
    """Return the seed that a random state stands for: an int itself."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _tensor(values: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them; a random state that is no int is not kept."""
    kept = (int, float, str, bool, tuple, list)
    return {name: value if isinstance(value, kept) else None for name, value in values.items()}


def load_model(path: str | Path) -> Representation:
    """Return a model that was kept, ready to transform tracks: with the bits of the one that was saved.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        For a file that is cut, no model, one of another version, or does not hold what it says.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no model at {path}; a study keeps its models in results/<corpus>/<method>/models/")
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes; expected a model of at most {_LARGEST:,}")
    content = path.read_bytes()
    try:
        told = _metadata(content)
        if told.get("format") != FORMAT:
            raise ValueError(f"it is of format {told.get('format')!r}; this version reads {FORMAT!r}: save it anew")
        tensors = load(content)
        estimator = _named_estimator(told)
        names = json.loads(told["features"])
        width = len(names)
        if json.loads(told["named"]):
            estimator.feature_names_in_ = np.array(names, dtype=object)
        estimator.n_features_in_ = width
        scale = {name: tensors.pop(f"scale.{name}").numpy() for name in _SCALE} if "scale.mean" in tensors else None
        estimator.scale_ = None if scale is None else Scale(**scale, roots=json.loads(told["roots"]))
        n_audio = width - estimator._n_lyrics
        if scale is not None and any(values.shape != (n_audio,) for values in scale.values()):
            raise ValueError(f"its scale is not one of {n_audio} features")
        state = {name.removeprefix("model."): values for name, values in tensors.items()}
        if not all(torch.isfinite(values).all() for values in state.values()):
            raise ValueError("its weights are not finite")
        estimator._restore(state, n_audio)
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, OverflowError, SafetensorError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} is no model that can be read: {said}") from error
    return estimator


def _metadata(content: bytes) -> dict[str, str]:
    """Return the texts at the head of a file of tensors."""
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > len(content) - 8:
        raise ValueError("it is cut, or no file of tensors")
    head = json.loads(content[8 : 8 + size])
    told = head.get("__metadata__") if isinstance(head, dict) else None
    if not isinstance(told, dict):
        raise ValueError("it does not say what it is of")
    return told


def _named_estimator(told: Mapping[str, str]) -> Representation:
    """Return the estimator that a file names, with the parameters that it tells; nothing is fitted."""
    classes: dict[str, Any] = {each.__name__: each for each in ESTIMATORS.values()}
    if told["estimator"] not in classes:
        raise ValueError(f"it is of {told['estimator']!r}; expected one of {', '.join(classes)}")
    parameters = json.loads(told["parameters"])
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in parameters.items()}
    return classes[told["estimator"]](**given)


def has_estimator(method: Method) -> bool:
    """Return whether what a method fits can be kept, and shown new tracks: not UMAP, which has no place for them."""
    return method.slug in {*ESTIMATORS, *PLAIN} or method.slug.startswith("beta_vae_")


def fitted_estimator(fitted: "Fit", seed: int) -> Representation:
    """Return what a study fitted, of one of its seeds, as an estimator.

    Where a corpus shows its methods something else than its scaled features, such as their power transform, the
    estimator takes what they were shown (``standardise=False``). Raises ValueError for a method without a network.
    """
    if not has_estimator(fitted.method):
        raise ValueError(f"{fitted.method.title} has no estimator; expected one of {', '.join(ESTIMATORS)}")
    place = fitted.seeds.index(seed)
    corpus, slug = fitted.corpora[place], fitted.method.slug
    scale = SCALINGS[corpus.scaling](corpus.features)
    known = np.array_equal(scale(corpus.features), corpus.audio)
    names = list(map(str, corpus.features.columns))
    estimator: Any
    if slug in PLAIN:
        estimator = Features(standardise=known)
    elif slug == "pca":
        estimator = PCA(fitted.embeddings.shape[-1], standardise=known)
        estimator._take(fitted.models[0])
        estimator.embedding_ = fitted.embeddings[place]
    else:
        kind: Any = ESTIMATORS.get(slug, VAE)
        settings, model = dict(fitted.method.settings), fitted.models[place]
        own = {name: settings[name] for name in kind.own if name in settings}
        if "components" in settings:
            own["n_clusters"] = settings["components"]
        if "n_lyrics" in kind.own:
            own["n_lyrics"] = model.parts[1]
        names += [f"lyrics_{number}" for number in range(own.get("n_lyrics", 0))]
        estimator = kind(fitted.embeddings.shape[-1], standardise=known, random_state=seed, **own)
        estimator.model_, estimator.embedding_ = model, fitted.embeddings[place]
        history = fitted.history
        estimator.history_ = history[history["seed"] == seed].drop(columns="seed").reset_index(drop=True)
    estimator.scale_ = scale if known else None
    estimator.feature_names_in_ = np.array(names, dtype=object)
    estimator.n_features_in_ = len(names)
    return estimator
