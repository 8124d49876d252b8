FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/falsefront \
 && /opt/falsefront/bin/pip install --no-cache-dir --constraint requirements.lock .

FROM python:3.13-slim
COPY --from=build /opt/falsefront /opt/falsefront
ENV PATH=/opt/falsefront/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --create-home --uid 10001 falsefront
USER falsefront
WORKDIR /home/falsefront
EXPOSE 7070 5433 2525
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --retries=5 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7070/_falsefront/ready', timeout=2)"]
ENTRYPOINT ["falsefront"]
CMD ["serve", "--host", "0.0.0.0"]
