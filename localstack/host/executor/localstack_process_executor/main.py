"""Starts LocalStack: python -m localstack_process_executor.main

LocalStack 4.14.0 takes a host in GATEWAY_LISTEN and ignores it: it listens on every address, and would run code for whoever reaches it.
"""

from twisted.internet import endpoints


class LoopbackEndpoint(endpoints.TCP4ServerEndpoint):
    def __init__(self, reactor, port, backlog=50, interface="127.0.0.1"):
        super().__init__(reactor, port, backlog, interface)


endpoints.TCP4ServerEndpoint = LoopbackEndpoint

from localstack.runtime.main import main  # noqa: E402

main()
