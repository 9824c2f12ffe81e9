"""The same networks as others would write and train them: ordinary layers, a DataLoader loop, pythae."""

import tempfile

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, BATCH, RATE, LATENT = 50, 32, 1e-3, 16


class Transposed(nn.Module):
    """Swap the last two dimensions or reshape: what nn.Sequential lacks."""

    def __init__(self, *shape: int):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        """Reshape everything but the batch."""
        return x.reshape(len(x), *self.shape)


def dense(inputs: int, outputs: int) -> list[nn.Module]:
    """Return one hidden layer with its batch norm."""
    return [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]


def networks(kind: str, features: int) -> tuple[nn.Module, int, nn.Module]:
    """Return encoder, its width, and decoder of the VAE or the Conv-VAE."""
    if kind == "vae":
        encoder = nn.Sequential(*dense(features, 128), nn.Dropout(0.2), *dense(128, 64))
        decoder = nn.Sequential(*dense(LATENT, 64), nn.Dropout(0.2), *dense(64, 128), nn.Linear(128, features))
        return encoder, 64, decoder
    places = -(-features // 4)

    def down(inputs, outputs, stride):
        return [nn.Conv1d(inputs, outputs, 3, stride, padding=1), nn.BatchNorm1d(outputs), nn.ReLU()]

    def up(inputs, outputs):
        layer = nn.ConvTranspose1d(inputs, outputs, 3, 2, padding=1, output_padding=1)
        return [layer, nn.BatchNorm1d(outputs), nn.ReLU(), nn.Dropout(0.2)]

    encoder = nn.Sequential(
        Transposed(1, features), *down(1, 16, 1), nn.Dropout(0.2), *down(16, 32, 2), nn.Dropout(0.2),
        *down(32, 64, 2), nn.Flatten(),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(LATENT, places * 64), Transposed(64, places), *up(64, 32), *up(32, 16),
        nn.ConvTranspose1d(16, 1, 3, 1, padding=1), nn.Flatten(),
    )  # fmt: skip
    return encoder, 64 if kind == "vae" else places * 64, decoder


class PlainVAE(nn.Module):
    """A VAE in ordinary PyTorch."""

    def __init__(self, kind: str, features: int):
        super().__init__()
        self.encoder, width, self.decoder = networks(kind, features)
        self.mean, self.log_variance = nn.Linear(width, LATENT), nn.Linear(width, LATENT)

    def forward(self, x):
        """Return reconstruction, mean and log variance."""
        hidden = self.encoder(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean) if self.training else mean
        return self.decoder(z)[:, : x.shape[1]], mean, log_variance


def plain_loop(kind: str, x: np.ndarray, seed: int) -> float:
    """Train one model by a DataLoader loop; return its loss in evaluation mode."""
    torch.manual_seed(seed)
    data = torch.from_numpy(x)
    model = PlainVAE(kind, x.shape[1])
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    loader = DataLoader(TensorDataset(data), BATCH, shuffle=True)
    for _ in range(EPOCHS):
        for (batch,) in loader:
            again, mean, log_variance = model(batch)
            loss = (batch - again).square().sum(1) + kl(mean, log_variance)
            optimiser.zero_grad()
            loss.mean().backward()
            optimiser.step()
    return loss_of(model, data)


def by_pythae(kind: str, x: np.ndarray, seed: int) -> float:
    """Train one model by pythae; return its loss in evaluation mode.

    pythae takes half the squared error, so beta is a half: half our loss, and Adam does not see a factor.
    """
    import logging

    from pythae.models import BetaVAE, BetaVAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    logging.disable(logging.WARNING)  # it reports every epoch
    torch.manual_seed(seed)
    plain = PlainVAE(kind, x.shape[1])

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.network, self.mean, self.log_variance = plain.encoder, plain.mean, plain.log_variance

        def forward(self, x):
            hidden = self.network(x)
            return ModelOutput(embedding=self.mean(hidden), log_covariance=self.log_variance(hidden))

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.network = plain.decoder

        def forward(self, z):
            return ModelOutput(reconstruction=self.network(z)[:, : x.shape[1]])

    config = BetaVAEConfig(input_dim=(x.shape[1],), latent_dim=LATENT, beta=0.5)
    with tempfile.TemporaryDirectory() as folder:
        trainer = BaseTrainer(
            BetaVAE(config, Encoder(), Decoder()), Data(x),
            training_config=BaseTrainerConfig(
                output_dir=folder, per_device_train_batch_size=BATCH, num_epochs=EPOCHS, learning_rate=RATE, seed=seed,
                no_cuda=True,
            ),
        )  # fmt: skip
        trainer.train()
    return loss_of(plain, torch.from_numpy(x))


class Data(torch.utils.data.Dataset):
    """What pythae wants of a data set."""

    def __init__(self, x: np.ndarray):
        self.data = torch.from_numpy(x)
        self.labels = torch.zeros(len(x))

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        from pythae.data.datasets import DatasetOutput

        return DatasetOutput(data=self.data[index], labels=self.labels[index])


def kl(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Return the KL divergence of every track."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


@torch.no_grad()
def loss_of(model: nn.Module, x: torch.Tensor) -> float:
    """Return the loss of a trained model in evaluation mode, averaged over tracks."""
    model.eval()
    again, mean, log_variance = model(x)
    return float(((x - again).square().sum(1) + kl(mean, log_variance)).mean())
