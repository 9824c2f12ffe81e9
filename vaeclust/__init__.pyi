from . import book as book
from . import cells as cells
from . import clusters as clusters
from . import cores as cores
from . import corpus as corpus
from . import estimators as estimators
from . import evidence as evidence
from . import files as files
from . import methods as methods
from . import plots as plots
from . import released as released
from . import scores as scores
from . import studies as studies
from . import your_music as your_music
from .clusters.clusterers import cluster as cluster
from .corpus.dataset import Dataset as Dataset
from .corpus.sources import load as load
from .estimators import load_model as load_model
from .methods.catalogue import METHODS as METHODS
from .methods.training import fit as fit
from .scores.metrics import score as score
from .scores.uncertainty import intervals as intervals
from .studies.conditions import Condition as Condition
from .studies.protocol import study as study
from .studies.protocol import trial as trial
from .studies.records import Record as Record

__version__: str
