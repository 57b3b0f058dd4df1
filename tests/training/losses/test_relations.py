import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.training.losses.relations import related


@given(st.data(), st.integers(1, 6), st.integers(0, 3))
def test_related_by_any_shared_id(data, batch, further):
    ids = st.tuples(st.integers(0, 3), st.integers(0, 3))
    passages = data.draw(st.lists(ids, min_size=batch + further, max_size=batch + further))
    queries = data.draw(st.lists(ids, min_size=batch, max_size=batch))

    excluded = related(torch.tensor(queries), torch.tensor(passages)).tolist()
    for i, query in enumerate(queries):
        for j, passage in enumerate(passages):
            assert excluded[i][j] == (i != j and (query[0] == passage[0] or query[1] == passage[1]))
