"""Every address of the house. French has no prefix, English lies under /en/."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps import views as sitemaps
from django.urls import include, path
from django.views.static import serve
from health_check.views import HealthCheckView

from omnishop.channels.storefront.feeds import SITEMAPS, robots
from omnishop.health import live
from omnishop.reports.board import board

READY = ["health_check.checks.Database", "health_check.checks.Cache"]
# Staff sign in like everybody, so that lock-outs and second factors count here too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's way

BACK_OFFICE = [  # within its name space: the same policy and second factor
    path("exceptions/", admin.site.admin_view(board), name="exceptions"),
    *admin.site.get_urls(),
]

urlpatterns = [
    path("health/live/", live, name="live"),
    path("health/ready/", HealthCheckView.as_view(checks=READY), name="ready"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemaps.index, {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"}),
    path("sitemap-<section>.xml", sitemaps.sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("api/", include("omnishop.channels.api.urls")),
    *i18n_patterns(
        path("", include("omnishop.channels.storefront.urls")),
        path("compte/", include("allauth.urls")),
        path("care/", include("omnishop.channels.care.urls")),
        path("till/", include("omnishop.channels.till.urls")),
        path("reports/", include("omnishop.reports.urls")),
        path("admin/", (BACK_OFFICE, "admin", admin.site.name)),
        prefix_default_language=False,
    ),
]
handler403 = "omnishop.doors.denied"
handler404 = "omnishop.doors.not_found"
if not settings.PRODUCTION:  # in production a web server or object storage serves media
    urlpatterns.append(path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}))
