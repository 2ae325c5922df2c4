"""Fits the trees that correct the plain sum, with LightGBM; what ships is their text.

They begin where the calibrated sum ends and see only held-out log-odds, so they learn where the sum is
wrong on mail that it does not know.  More of a rule's finding never speaks for a message: the trees are
monotone in everything that accuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import lightgbm
import numpy as np

from lazaretto.detect.learned.fitting import Mask, Vector
from lazaretto.detect.learned.trees import Forest, Tree

NUMBERS: Final = ("#words", "#shape", "#known", "#length", "#excuse")
"""Features that are numbers; the first three accuse."""
_ROUNDS: Final = 40
_RECIPE: Final = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 4,
    "min_data_in_leaf": 100,
    "lambda_l2": 50.0,
    "feature_fraction": 0.3,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


def boosted(
    symbols: Sequence[str],
    findings: Any,
    numbers: Vector,
    unwanted: Mask,
    weights: Vector,
    start: Vector,
    slope: float,
    version: str,
) -> Forest:
    """Return the forest that corrects ``start`` (log-odds); its leaves are in units of the score.

    ``findings`` has a column for each of ``symbols``, ``numbers`` one for each of ``NUMBERS``.
    """
    data = np.hstack([np.asarray(findings.todense()), numbers])
    monotone = [1] * len(symbols) + [1, 1, 1, 0, 0]
    chosen = weights > 0
    pairs = lightgbm.Dataset(
        data[chosen],
        unwanted[chosen].astype(float),
        weight=weights[chosen] * chosen.sum(),
        init_score=start[chosen],
        params={"verbose": -1},
    )
    booster = lightgbm.train({**_RECIPE, "monotone_constraints": monotone}, pairs, _ROUNDS)
    names = (*symbols, *NUMBERS)
    whole = [_tree(each["tree_structure"], slope) for each in booster.dump_model()["tree_info"]]
    used = sorted({feature for tree in whole for feature in tree.features})
    place = {feature: index for index, feature in enumerate(used)}
    trees = tuple(
        Tree(tuple(place[f] for f in tree.features), tree.limits, tree.at_most, tree.above, tree.leaves)
        for tree in whole
        if tree.features
    )
    return Forest(version=version, features=tuple(names[f] for f in used), middle=0.0, trees=trees)


def _tree(root: dict[str, Any], slope: float) -> Tree:
    features: list[int] = []
    limits: list[float] = []
    children: list[list[int]] = []
    leaves: list[float] = []

    def enter(node: dict[str, Any]) -> int:
        if "leaf_value" in node:
            leaves.append(round(node["leaf_value"] / slope, 4))
            return -len(leaves)
        here = len(features)
        features.append(int(node["split_feature"]))
        limits.append(round(float(node["threshold"]), 4))
        children.append([0, 0])
        children[here] = [enter(node["left_child"]), enter(node["right_child"])]
        return here

    enter(root)
    return Tree(
        tuple(features),
        tuple(limits),
        tuple(left for left, _ in children),
        tuple(right for _, right in children),
        tuple(leaves),
    )
