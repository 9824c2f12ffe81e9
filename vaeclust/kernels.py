"""Where the forked kernels were in 0.1: an environment that was installed then still looks for them here."""

from vaeclust.book.kernels import ForkedProvisioner as ForkedProvisioner
