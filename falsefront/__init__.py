"""A street of façades: filesystem, SQL, Stripe and Kubernetes over one world that can be forked, broken and rewound."""

__version__ = "0.1.0"
