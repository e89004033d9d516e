#!/bin/sh
# Stands in for Docker while cdkguard runs a CDK app (CDK_DOCKER): it builds, runs and sends nothing. It notes each call in
# the file that CDKGUARD_DOCKER_CALLS names, and answers what aws-cdk-lib reads: the id of a container, a folder to copy to.

make_folder() {
  if [ -n "$1" ] && [ ! -e "$1" ]; then
    make_folder "${1%/*}" && mkdir "$1" && printf 'made %s\n' "$1" >> "$CDKGUARD_DOCKER_CALLS"
  fi
}

call=$1
[ "$1 $2" = "image inspect" ] && call=inspect
case $call in
  --version | version) echo "cdkguard stands in for Docker" ;;
  build | buildx | run | rm | stop | volume | pull | tag | image | login | info) ;;
  inspect) # as of an image that is not there
    echo "[]"
    exit 1
    ;;
  create) echo "c0de0000000000000000000000000000000000000000000000000000c0de0000" ;;
  cp)
    for target do :; done
    case $target in
      /*) make_folder "${target%/}" || exit 1 ;;
      *) make_folder "$PWD/${target%/}" || exit 1 ;;
    esac
    ;;
  *)
    echo "cdkguard stands in for Docker, and has no answer to: $*" >&2
    exit 125
    ;;
esac
printf 'call %s\n' "$call" >> "$CDKGUARD_DOCKER_CALLS"
