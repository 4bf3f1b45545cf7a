"""The WSGI application that gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import reverse
from django.utils.translation import override

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnishop.settings")
application = get_wsgi_application()

# The code of all pages and their addresses in each language are read here, once: workers are
# forked from it; the first request of each would wait for it.
for language, _name in settings.LANGUAGES:
    with override(language):
        reverse("storefront:home")
