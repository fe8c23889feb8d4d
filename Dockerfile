# The dashboard, as a user without rights: docker build -t returnee . && docker run -p 8765:8765 returnee
FROM python:3.11-slim
WORKDIR /srv/returnee
COPY . .
RUN pip install --no-cache-dir -c constraints.txt '.[dashboard,census]' \
 && useradd --create-home returnee
USER returnee
ENV RETURNEE_CACHE=/home/returnee/.cache/returnee
EXPOSE 8765
CMD ["returnee", "dashboard", "--no-browser", "--host", "0.0.0.0", "--port", "8765"]
