// Preloaded (NODE_OPTIONS) into kinesis-local, which would listen on every address and has no option against it.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function (port, host, ...rest) {
  return typeof host === 'string' ? listen.call(this, port, '127.0.0.1', ...rest) : listen.call(this, port, host, ...rest);
};
