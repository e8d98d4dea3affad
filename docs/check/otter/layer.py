OK_FORMAT = True

PARTS = (
    "forward_is_x_w_plus_b",
    "dx_is_dout_wt",
    "dw_is_xt_dout",
    "db_is_the_column_sum_of_dout",
)
CASE = """>>> from affine.checker import check
>>> check(affine_forward, affine_backward, only=["{}"]).verdict
'pass'"""

test = {
    "name": "layer",
    "points": [1, 1, 1, 1],
    "suites": [
        {
            "type": "doctest",
            "scored": True,
            "setup": "",
            "teardown": "",
            "cases": [{"code": CASE.format(part)} for part in PARTS],
        }
    ],
}
