import subprocess
import sys

import librosa
import numpy as np
import pytest
from joblib import Parallel, delayed
from scipy.signal import find_peaks
from scipy.stats import chi2_contingency, spearmanr
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import normalized_mutual_info_score
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from vaeclust.corpus import audio
from vaeclust.corpus.demo import tracks as demo
from vaeclust.corpus.demo.synthesis import INSTRUMENTS, MAJOR, SAMPLE_RATE
from vaeclust.corpus.demo.tracks import FACTOR_TABLE, FACTORS, STYLES

TRACKS = demo.track_table()
ONE_A_STYLE = [TRACKS.loc[f"{style}.00000"] for style in STYLES]


@pytest.fixture(scope="module", autouse=True)
def _librosa_is_compiled():
    audio.compile_once("full")


def nmi_of_kmeans(points, labels, states=5):
    clusterings = (KMeans(10, n_init=10, random_state=state).fit_predict(points) for state in range(states))
    return np.mean([normalized_mutual_info_score(labels, clusters) for clusters in clusterings])


def describe(track):
    """MFCC means (20), and of the samples: finite, peak, share near full scale, RMS, centroid in Hz, spread in dB."""
    samples = demo.render(track)
    magnitude = np.abs(librosa.stft(samples))
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=SAMPLE_RATE)
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20).mean(axis=1)
    peak, rms = np.abs(samples).max(), np.sqrt(np.mean(samples**2))
    clipped = np.mean(np.abs(samples) > 0.97)
    bright = librosa.feature.spectral_centroid(S=magnitude, sr=SAMPLE_RATE).mean()
    return *mfcc, np.isfinite(samples).all(), peak, clipped, rms, bright, loudness_spread(samples)


def centroid(samples):
    return librosa.feature.spectral_centroid(y=samples, sr=SAMPLE_RATE).mean()


def loudness_spread(samples):
    seconds = samples[: len(samples) // SAMPLE_RATE * SAMPLE_RATE].reshape(-1, SAMPLE_RATE)
    return np.std(10 * np.log10(np.mean(seconds**2, axis=1)))


def onsets(samples):
    strength = librosa.onset.onset_strength(y=samples, sr=SAMPLE_RATE)
    return len(find_peaks(strength, prominence=0.1 * strength.max())[0])


def pitch(samples):
    """Centre of the constant-Q spectrum in semitones."""
    level = np.abs(librosa.cqt(samples, sr=SAMPLE_RATE, hop_length=2048)).mean(axis=1)
    return level @ np.arange(len(level)) / level.sum()


def percussive_share(samples):
    harmonic, percussive = librosa.decompose.hpss(np.abs(librosa.stft(samples, hop_length=1024)), kernel_size=15)
    return np.sum(percussive**2) / np.sum(percussive**2 + harmonic**2)


def flatness(samples):
    return librosa.feature.spectral_flatness(y=samples).mean()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Many short fits side by side with other tests: threads that wait for each other cost more than they save."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def described():
    rows = Parallel(2)(delayed(describe)(track) for _, track in TRACKS.iterrows())
    return np.array(rows, dtype=float)


class TestCorpus:
    def test_ten_styles_of_sixty_clips(self):
        assert TRACKS.groupby("genre", sort=False).size().to_dict() == dict.fromkeys(STYLES, 60)
        assert list(TRACKS.columns) == ["genre", "title", "artist", *FACTORS]
        assert TRACKS.index.name == "track_id"
        assert TRACKS.index.is_unique
        assert TRACKS.index.str.fullmatch(r"[a-z_]+\.\d{5}").all()

    def test_is_called_synthetic(self):
        assert TRACKS["title"].str.contains("Synthetic").all()
        assert TRACKS["artist"].str.contains("Synthetic").all()
        assert (TRACKS.groupby("genre")["artist"].nunique() == 6).all()

    @pytest.mark.parametrize("name", FACTORS)
    def test_factors_vary_within_their_limits(self, name):
        factor = FACTOR_TABLE[name]
        assert TRACKS[name].between(factor.low, factor.high).all()
        assert (TRACKS.groupby("genre")[name].nunique() > 1).all()

    def test_a_smaller_corpus_is_a_part(self):
        smaller = demo.track_table(clips_per_style=3)
        assert len(smaller) == 30
        assert smaller.equals(TRACKS.loc[smaller.index])

    def test_another_seed_is_another_corpus(self):
        assert demo.track_table().equals(TRACKS)
        assert (demo.track_table(seed=1)["tempo"] != TRACKS["tempo"]).all()

    def test_habits_of_an_ensemble(self):
        """Deviations from the mean of the style are alike within an ensemble: a third of their variance."""
        deviations = TRACKS["tempo"] - TRACKS.groupby("genre")["tempo"].transform("mean")
        between = deviations.groupby(TRACKS["artist"]).mean().var()
        shuffled = np.random.default_rng(0).permutation(TRACKS["artist"])
        assert between > 2 * deviations.groupby(shuffled).mean().var()

    @pytest.mark.parametrize("clips", [0, -1, 100_001])
    def test_refuses_a_count_out_of_range(self, clips):
        with pytest.raises(ValueError, match=r"expected 1 to 100,000"):
            demo.track_table(clips_per_style=clips)


class TestOverlap:
    @pytest.mark.parametrize("name", FACTORS)
    def test_one_factor_does_not_tell_the_styles(self, name):
        values = TRACKS[[name]].to_numpy()
        assert cross_val_score(LinearDiscriminantAnalysis(), values, TRACKS["genre"], cv=5).mean() < 0.45

    @pytest.mark.parametrize("name", FACTORS)
    def test_no_threshold_of_a_factor_gives_a_style_away(self, name):
        """Best F1 of any threshold, above or below, for any style."""
        counts = TRACKS.groupby([name, "genre"]).size().unstack(fill_value=0)
        for table in (counts, counts[::-1]):
            hits, chosen = table.cumsum(), table.sum(axis=1).cumsum()
            assert (2 * hits.div(chosen + 60, axis=0)).to_numpy().max() < 0.85

    def test_the_factors_together_do(self):
        accuracy = cross_val_score(LinearDiscriminantAnalysis(), TRACKS[list(FACTORS)], TRACKS["genre"], cv=5).mean()
        assert accuracy > 0.75

    @pytest.mark.parametrize("instrument", INSTRUMENTS)
    def test_no_instrument_belongs_to_one_style(self, instrument):
        assert sum(instrument in style.instruments.split() for style in STYLES.values()) >= 2

    def test_kmeans_finds_the_styles_about_as_well_as_genres_of_real_music(self, described):
        mfcc = StandardScaler().fit_transform(described[:, :20])
        assert 0.25 <= nmi_of_kmeans(mfcc, TRACKS["genre"]) <= 0.50


class TestSound:
    def test_every_clip_is_sound(self, described):
        finite, peak, clipped, rms = described[:, 20:24].T
        assert finite.all()
        assert peak.max() <= 1
        assert clipped.max() < 0.001
        assert rms.min() > 0.01

    @pytest.mark.parametrize("seconds", [0.01, 1.5])
    def test_shape(self, seconds):
        samples = demo.render(TRACKS.iloc[0], seconds=seconds)
        assert samples.shape == (round(22050 * seconds),)
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
        assert demo.render(TRACKS.iloc[0]).shape == (220_500,)

    def test_same_seed_same_samples(self):
        for track in ONE_A_STYLE[:3]:
            first = demo.render(track)
            assert np.array_equal(first, demo.render(track))
            assert abs(np.corrcoef(first, demo.render(track, seed=1))[0, 1]) < 0.5

    def test_same_samples_in_another_process(self):
        elsewhere = Parallel(2)(delayed(demo.render)(track) for track in ONE_A_STYLE)
        assert all(map(np.array_equal, elsewhere, map(demo.render, ONE_A_STYLE)))

    def test_clips_differ(self):
        """Clips of one style with equal factors are still different performances."""
        first, second = (TRACKS.loc[f"chamber_lines.0000{clip}"].copy() for clip in (0, 1))
        second[list(FACTORS)] = first[list(FACTORS)]
        assert abs(np.corrcoef(demo.render(first), demo.render(second))[0, 1]) < 0.5

    def test_errors(self):
        with pytest.raises(ValueError, match=r"expected a positive length"):
            demo.render(TRACKS.iloc[0], seconds=0)
        with pytest.raises(ValueError, match=r"unknown track 'blues\.00000'; expected .*slow_ballad"):
            demo.render(TRACKS.iloc[0].rename("blues.00000"))


class TestFactorsAreHeard:
    @pytest.mark.parametrize(
        ("name", "low", "high", "measure"),
        [
            ("tempo", 70, 140, onsets),
            ("register", 56, 78, pitch),
            ("brightness", 0.2, 0.8, centroid),
            ("percussion", 0.05, 0.9, percussive_share),
            ("density", 0.6, 3.5, onsets),
            ("distortion", 0.0, 0.9, flatness),
            ("dynamics", 1, 20, loudness_spread),
        ],
    )
    def test_one_factor_changed_alone(self, name, low, high, measure):
        """In at least nine of ten styles the measure rises with the factor, all else being equal."""
        rises = 0
        for track in ONE_A_STYLE:
            soft, strong = (demo.render(track.where(track.index != name, value), seconds=6) for value in (low, high))
            rises += measure(strong) > measure(soft)
        assert rises >= 9

    @pytest.mark.parametrize(("name", "column"), [("brightness", 24), ("dynamics", 25)])
    def test_across_the_corpus(self, described, name, column):
        assert spearmanr(TRACKS[name], described[:, column]).statistic > 0.5

    def test_tempo_and_key_can_be_found(self):
        """Against chances of about 0.1: an estimated tempo within 6 %, the diatonic set that holds most energy."""
        tempos = keys = 0
        some = TRACKS[::20]
        for _, track in some.iterrows():
            samples = demo.render(track)
            tempos += abs(librosa.feature.tempo(y=samples, sr=SAMPLE_RATE)[0] / track["tempo"] - 1) < 0.06
            # A given tuning: with numba 0.68 librosa's estimate of it can crash the interpreter.
            chroma = librosa.feature.chroma_stft(y=samples, sr=SAMPLE_RATE, n_fft=8192, tuning=0.0).mean(axis=1)
            diatonic = [chroma[(np.array(MAJOR) + tonic) % 12].sum() for tonic in range(12)]
            keys += np.argmax(diatonic) == (track["key"] + (0 if track["mode"] else 3)) % 12
        assert tempos / len(some) > 0.7
        assert keys / len(some) > 0.7


class TestLyrics:
    def nmi(self, informativeness):
        texts = demo.lyrics(TRACKS, informativeness=informativeness)
        words = TfidfVectorizer(stop_words="english").fit_transform(texts.values())
        points = TruncatedSVD(30, random_state=0).fit_transform(words)
        return nmi_of_kmeans(points, TRACKS.loc[list(texts), "genre"], states=2)

    def test_three_in_ten_have_none_in_every_style_alike(self):
        tracks = demo.track_table(clips_per_style=200)
        has_lyrics = tracks.index.isin(list(demo.lyrics(tracks)))
        table = [[has_lyrics[tracks["genre"] == style].sum(), (~has_lyrics)[tracks["genre"] == style].sum()]
                 for style in STYLES]  # fmt: skip
        assert np.mean(~has_lyrics) == pytest.approx(0.3, abs=0.03)
        assert chi2_contingency(table).pvalue > 0.05

    def test_informativeness(self):
        nothing, half, all_of_it = (self.nmi(value) for value in (0, 0.5, 1))
        assert nothing < 0.1
        assert nothing + 0.2 < half < all_of_it - 0.1
        assert all_of_it > 0.6

    def test_texts_depend_on_track_and_seed_alone(self):
        texts = demo.lyrics(TRACKS)
        assert demo.lyrics(TRACKS[5:50:3]) == {key: texts[key] for key in TRACKS.index[5:50:3] if key in texts}
        assert demo.lyrics(TRACKS, seed=1) != texts
        assert len(set(texts.values())) == len(texts)

    def test_topics_overlap(self):
        for topic, words in demo.TOPICS.items():
            others = {word for name, text in demo.TOPICS.items() if name != topic for word in text.split()}
            assert set(words.split()) & others

    @pytest.mark.parametrize("informativeness", [-0.01, 1.01, float("nan")])
    def test_refuses_what_is_no_probability(self, informativeness):
        with pytest.raises(ValueError, match="expected 0 to 1"):
            demo.lyrics(TRACKS, informativeness=informativeness)


def test_import_costs_neither_torch_nor_librosa():
    code = "import sys, vaeclust.corpus.demo.tracks; print({'torch', 'librosa'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
