"""Rows by their keys: what is nowhere in the table is an error, not an empty figure."""

import pandas as pd
import pytest

from vaeclust.studies import pick

TABLE = pd.DataFrame({"method": ["pca", "vae", "vae"], "reference": ["genre", "genre", ""], "beta": [1.0, 2.0, 4.0]})


def test_rows_are_those_of_all_keys():
    assert pick(TABLE, method="vae").index.tolist() == [1, 2]
    assert pick(TABLE, method="vae", reference="genre").index.tolist() == [1]
    assert pick(TABLE, beta=4, method=["pca", "vae"]).index.tolist() == [2]
    assert pick(TABLE).equals(TABLE)
    assert pick(TABLE, method="pca", reference="").empty  # both are there, but not together


def test_a_slip_is_an_error_that_names_what_there_is():
    with pytest.raises(ValueError, match="no column 'metod'; expected one of method, reference, beta"):
        pick(TABLE, metod="vae")
    with pytest.raises(ValueError, match="no method is 'conv'; expected one of pca, vae"):
        pick(TABLE, method="conv")


def test_of_a_list_those_count_that_are_there():
    assert pick(TABLE, reference=["genre", "artist"]).index.tolist() == [0, 1]
    assert pick(TABLE, reference=("artist",)).empty
    assert pick(TABLE.iloc[:0], method="vae").empty
