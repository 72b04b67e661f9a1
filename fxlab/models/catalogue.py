"""The forecasters a YAML file or a saved model may name: name → module:class, resolved on first use."""

MODELS: dict[str, str] = {
    "drift": "fxlab.models.baselines:DriftForecaster",
    "lstm": "fxlab.models.lstm:LSTMForecaster",
    "random_walk": "fxlab.models.baselines:RandomWalkForecaster",
    "ridge": "fxlab.models.linear:RidgeForecaster",
}
