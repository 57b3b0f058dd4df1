"""The fast path for encoders of BERT's shape: texts without padding through layers with hand-written gradients.

Nobody needs to know it: `equilingua.encoder.fast_path` is its one entrance, and uses it only for an encoder whose own
vectors it gives.
"""
