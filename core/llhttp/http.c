/* Debian 12 ships llhttp as C sources (package node-llhttp): this unit compiles one of them. */
#include <http.c>
