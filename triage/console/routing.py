from django.urls import path, re_path

from triage.console.consumers import LiveConsumer, NoSuchSocket

websocket_urlpatterns = [
    path("ws/", LiveConsumer.as_asgi()),
    re_path(r"^.*$", NoSuchSocket.as_asgi()),
]
