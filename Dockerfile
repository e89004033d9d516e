# cdkguard with what synthesis takes: Python, Node 24, git. `docker run --rm -v "$PWD:/app" ghcr.io/cdkguard/cdkguard check`.
# docs/ci/containers.md says more; .github/workflows/release.yml builds it from the released wheel in dist/.
FROM node:24-bookworm-slim AS node

FROM python:3.13-slim-bookworm
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
# hadolint ignore=DL3008 # Debian's stable release keeps one version, and takes the older ones away
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
    && ln -s ../lib/node_modules/corepack/dist/corepack.js /usr/local/bin/corepack \
    && apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/*
COPY dist/*.whl /tmp/dist/
# In an environment of its own, which is not in PATH, so that `python3 app.py` of cdk.json finds the packages of the app.
RUN python3 -m venv /opt/cdkguard \
    && wheel=$(find /tmp/dist -name 'cdkguard-*.whl') \
    && /opt/cdkguard/bin/pip install --no-cache-dir "cdkguard[aws,preflight] @ file://$wheel" \
    && ln -s /opt/cdkguard/bin/cdkguard /usr/local/bin/cdkguard \
    && rm -rf /tmp/dist \
    && mkdir --mode=1777 /home/guard \
    && useradd --uid 1000 --home-dir /home/guard --shell /bin/bash guard \
    && git config --system --add safe.directory '*'
# Any user may run it (`docker run --user "$(id -u)"`), so its home is open to all.
ENV HOME=/home/guard
WORKDIR /app
USER 1000:1000
ENTRYPOINT ["cdkguard"]
CMD ["check"]
