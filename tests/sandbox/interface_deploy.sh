#!/bin/bash
# no_request_lost.sh with tasks that have a network interface of their own: deploying them loses no request either.
WITH_INTERFACE=1 exec bash "${top_srcdir:-.}/tests/sandbox/no_request_lost.sh"
