"""LSTMForecaster: a recurrent network over the last rows of features, in Keras 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from fxlab.models import backend
from fxlab.models.forecaster import BLOCK, Forecaster

Progress = Callable[[int, int, dict[str, float]], None]


class LSTMForecaster(Forecaster):
    """Forecast y from the last `window` rows of features with stacked LSTM layers and one linear unit.

    X should be scaled (`FeaturePipeline` does); y is standardised inside with the training rows' mean and
    deviation and forecasts come back in its own units. Loss: mean squared error, minimised by Adam with
    clipped gradients. The last `validation` share of rows decides when to stop, with window + horizon rows
    between the two parts left out, so that no training label or window reaches into it.

    The same seed gives the same weights, bit for bit, on the same machine; global random state is not
    touched.

    Args:
        window: rows the network sees, this one included.
        units: LSTM units per layer.
        horizon: bars y looks ahead; sets the purge, not the label.
        layers: LSTM layers on top of each other.
        dropout: share of each layer's outputs set to zero while training.
        learning_rate: Adam's step.
        epochs: passes over the training rows at most.
        batch_size: windows per step.
        patience: epochs without a better validation loss before stopping; the best weights are kept.
        validation: share of the rows held out at the end, 0 for none (then all epochs are run).
        clip_norm: largest norm of all gradients together.
        threads: CPU threads per operation; the first network in a process decides.
        seed: weights, order of batches, dropout.
        progress: called after each epoch with (epoch from 1, epochs, {"loss": …, "val_loss": …}); not saved.

    Attributes, once fitted:
        history_: {"loss": [...], "val_loss": [...]}, one number an epoch, on standardised y.
        n_parameters_: trained weights.
        network_: the keras.Model.

    Source: Hochreiter & Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8); gradient
        clipping: Pascanu, Mikolov & Bengio (2013), ICML 28; purge: López de Prado (2018), ch. 7.
    """

    unsaved: ClassVar[tuple[str, ...]] = ("progress",)
    dtype: ClassVar[type] = np.float32

    def __init__(
        self,
        window: int = 60,
        units: int = 64,
        horizon: int = 1,
        layers: int = 1,
        dropout: float = 0.0,
        learning_rate: float = 1e-3,
        epochs: int = 20,
        batch_size: int = 256,
        patience: int = 3,
        validation: float = 0.15,
        clip_norm: float = 1.0,
        threads: int = 1,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> None:
        self.window = window
        self.units = units
        self.horizon = horizon
        self.layers = layers
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.patience = patience
        self.validation = validation
        self.clip_norm = clip_norm
        self.threads = threads
        self.seed = seed
        self.progress = progress

    def _check_settings(self) -> None:
        super()._check_settings()
        for name in ("units", "horizon", "layers", "epochs", "batch_size", "threads"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"LSTMForecaster: {name} is {value!r}; give a whole number of at least 1")
        for name in ("dropout", "validation"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"LSTMForecaster: {name} is {getattr(self, name)!r}; give 0 to below 1")
        for name in ("learning_rate", "clip_norm"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"LSTMForecaster: {name} is {getattr(self, name)!r}; give a positive number")

    # --- learning ----------------------------------------------------------------------------------------

    def _learn(self, view: np.ndarray, rows: np.ndarray, y: np.ndarray) -> None:
        keras = backend.keras(self.threads)
        from fxlab.models.batches import WindowBatches

        learn, hold = self._split(rows)
        self._mean, self._scale = float(y[learn].mean()), float(y[learn].std())
        if self._scale <= 1e-12 * np.abs(y[learn]).max():  # equal targets leave rounding noise, not a scale
            self._scale = 1.0
        scaled = ((y - self._mean) / self._scale).astype(np.float32)
        network = self._network(keras, view.shape[2])
        rng = np.random.default_rng(self.seed)
        training = WindowBatches(view, rows[learn], scaled[learn], self.batch_size, rng)
        callbacks: list[Any] = []
        held = None
        if hold.any():
            held = WindowBatches(view, rows[hold], scaled[hold], self.batch_size)
            callbacks += [
                keras.callbacks.EarlyStopping("val_loss", patience=self.patience, restore_best_weights=True)
            ]
        if self.progress is not None:
            callbacks += [keras.callbacks.LambdaCallback(on_epoch_end=self._report)]
        history = network.fit(
            training, validation_data=held, epochs=self.epochs, shuffle=False, verbose=0, callbacks=callbacks
        )
        self.history_ = {name: [float(one) for one in values] for name, values in history.history.items()}
        self._keep(network)

    def _split(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which samples to learn from and which to hold out, (samples,) booleans each."""
        n_held = round(len(rows) * self.validation)
        if not n_held:
            return np.ones(len(rows), bool), np.zeros(len(rows), bool)
        first_held = rows[len(rows) - n_held]
        # label of row t ends at t + horizon; the first held window begins at first_held - window + 1
        learn, hold = rows <= first_held - self.window - self.horizon, rows >= first_held
        if not learn.any():
            raise ValueError(
                f"LSTMForecaster: {len(rows):,} usable rows leave none to learn from after a validation "
                f"share of {self.validation:g} and a purge of {self.window + self.horizon} rows; "
                "give more rows, a shorter window or validation=0"
            )
        return learn, hold

    def _network(self, keras: Any, n_features: int) -> Any:
        seeds = iter(np.random.SeedSequence(self.seed).generate_state(3 * self.layers + 1).tolist())
        x = inputs = keras.Input((self.window, n_features))  # (batch, window, features)
        for layer in range(self.layers):
            x = keras.layers.LSTM(
                self.units,
                return_sequences=layer + 1 < self.layers,
                kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            )(x)
            dropout_seed = next(seeds)
            if self.dropout:
                x = keras.layers.Dropout(self.dropout, seed=dropout_seed)(x)
        output = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)))
        network = keras.Model(inputs, output(x))
        network.compile(
            keras.optimizers.Adam(self.learning_rate, global_clipnorm=self.clip_norm),
            loss="mse",
            jit_compile=False,  # compiling costs 4 s and gains nothing on a network this small
        )
        return network

    def _report(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.progress is not None:
            self.progress(epoch + 1, self.epochs, {name: float(one) for name, one in (logs or {}).items()})

    def _keep(self, network: Any) -> None:
        self.network_ = network
        self.n_parameters_ = int(network.count_params())

    # --- forecasting and files ---------------------------------------------------------------------------

    def _infer(self, block: np.ndarray) -> np.ndarray:
        assert block.shape[0] == BLOCK  # one shape only: no retracing, and the same last bits in every driver
        scaled = np.asarray(self.network_.predict_on_batch(block), dtype=np.float64)[:, 0]
        return scaled * self._scale + self._mean

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        numbers = {"y_mean": self._mean, "y_scale": self._scale, "history": self.history_}
        weights = self.network_.get_weights()
        return numbers, {f"weight_{i:03d}": np.asarray(one) for i, one in enumerate(weights)}

    def _restore(self, numbers: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self._mean, self._scale = float(numbers["y_mean"]), float(numbers["y_scale"])
        self.history_ = numbers["history"]
        network = self._network(backend.keras(self.threads), self.n_features_in_)
        network.set_weights([arrays[name] for name in sorted(arrays)])
        self._keep(network)
