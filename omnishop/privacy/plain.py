"""Fields that tell nothing of a customer: the house, the catalogue, stock, figures, staff's acts.

A field named here was looked at. "By whom" is a key of staff ("user:7"), never a name; a document
is a number. What tells something of a person stands in `registry.py`.
"""

NOBODYS: dict[str, str] = {
    "kernel.IdempotencyKey": "actor key body_hash response created_at",
    "network.User_groups": "user",
    "network.User_user_permissions": "user",
    "network.LegalEntity": "name siren vat_number address",
    "network.Store": (
        "code name slug address postcode city country phone timezone opening_hours"
        " services services_fr services_en access access_fr access_en"
    ),
    "network.StaffMember": "user role pin pin_locked_until",
    "customers.CustomerGroup": "code name",
    "customers.Company": "name siren vat_number created_at",
    "customers.CustomerFile": (  # the stored file is personal: it goes after a month
        "file_name upload source status choices found notes differences message actor started_at"
        " finished_at"
    ),
    "customers.CustomerFileRow": "column value reason",  # values are masked
    "customers.ConsentText": "purpose channel basis language version text valid_from",
    "customers.ReplyTemplate": "name language text",
    "customers.ServiceLevel": "opening_hours",
    "customers.SaleNotice": "document channel source actor at settled_at",
    "catalog.Attribute": "code name name_fr name_en kind unit",
    "catalog.AttributeValue": "code name name_fr name_en swatch",
    "catalog.ProductType": "code name name_fr name_en",
    "catalog.Category": "path name name_fr name_en slug description description_fr description_en",
    "catalog.Brand": "name slug",
    "catalog.TaxCategory": "code name",
    "catalog.VatRate": "territory valid_from valid_to",
    "catalog.Product": (
        "name name_fr name_en slug description description_fr description_en status"
        " sold_from sold_until withdrawal source_key search_words listed_prices"
        " listed_options created_at updated_at"
    ),
    "catalog.Variant": "sku gtin measure",
    "catalog.Picture": "image alt alt_fr alt_en source_url",
    "catalog.Assortment": "channel",
    "catalog.CatalogChange": "table_name action before after actor at",
    "catalog.VariableCode": "prefix name carries",
    "catalog.VariableArticle": "item_number",
    "catalog.ImportRun": (
        "file_name file_hash format status upload choices found notes message actor"
        " started_at finished_at"
    ),
    "catalog.ImportRow": "product column value reason",
    "catalog.ImportDifference": "product field before after",
    "catalog.ImportMapping": "signature columns updated_at",
    "catalog.Operation": (
        "code name name_fr name_en terms terms_fr terms_en status starts_at ends_at channels"
    ),
    "catalog.PictureSource": "url alt next_try_at fetched_at last_error",
    "catalog.PriceList": "code name currency channel group",
    "catalog.Price": "valid_from valid_to actor",
    "catalog.PriceChange": (
        "name kind starts_at ends_at status created_by approved_by approved_at undone_by undone_at"
    ),
    "catalog.Promotion": "name name_fr name_en kind tiers groups loyalty_tiers stacking_group",
    "catalog.BookVersion": "token",
    "catalog.Recommendation": "kind",
    "catalog.Synonym": "language typed words changed_at",
    "catalog.SearchWord": "language word plain",
    "catalog.SearchLog": "day language words",
    "catalog.ProductAttribute": "text text_fr text_en day",
    "catalog.Video": "title title_fr title_en url transcript transcript_fr transcript_en",
    "catalog.Document": "title file language",
    "catalog.Guide": (
        "title title_fr title_en slug summary summary_fr summary_en body body_fr body_en"
        " video_url updated_at"
    ),
    "catalog.RelatedProduct": "kind",
    "inventory.StockLocation": "code name kind timezone",
    "inventory.StockCount": (
        "number kind status opened_at opened_by submitted_at submitted_by closed_at closed_by"
    ),
    "inventory.CountLine": "counted_at counted_by decision",
    "inventory.Transfer": (
        "number status reason expected_at requested_at requested_by sent_at sent_by"
        " received_at received_by"
    ),
    "inventory.TransferLine": "document",
    "inventory.Supplier": "code name email",
    "inventory.SupplierArticle": "reference",
    "inventory.PurchaseOrder": (
        "number status expected_on created_at created_by ordered_at closed_at"
    ),
    "inventory.Proposal": "status figures computed_at decided_at decided_by",
    "inventory.Reservation": "document status expires_at created_at closed_at settled_at",
    "inventory.StockLevel": "shelf",
    "inventory.StockMovement": "kind status document reason actor at idempotency_key",
    "loyalty.Programme": "name tier_basis tier_window",
    "loyalty.Tier": "code name name_fr name_en benefits benefits_fr benefits_en",
    "loyalty.EarnRule": "name name_fr name_en event starts_at ends_at channels tiers",
    "loyalty.CorrectionLimit": "role",
    "loyalty.Reward": (
        "kind name name_fr name_en description description_fr description_en tiers"
        " starts_at ends_at"
    ),
    "customers.ContactRule": "channel",
    "customers.ReceivedStop": "reference at",
    "orders.Segment": "name description rules filled_at created_at changed_at changed_by",
    "orders.SegmentSnapshot": "name rules taken_at taken_by",
    "orders.SegmentExport": "name columns reason by at",
    "orders.Campaign": "name kind status starts_at ends_at activated_at activated_by",
    "orders.CampaignStep": (
        "channel coupon planned_until subject subject_fr subject_en body body_fr body_en"
    ),
    "orders.Approval": "act what reason asked_by approver answer at",
    "orders.DeliveryMethod": "code name name_fr name_en",
    "orders.Carrier": "name tracking_page",
    "orders.OrderEvent": "kind data actor at",
    "orders.OrderDiscount": "label",
    "orders.Refund": "reason reference status created_at settled_at",
    "orders.PaymentEvent": "provider event_id kind reference currency received_at",
    "orders.SandboxCharge": "reference currency return_url status refund_keys notify_at created_at",
    "orders.ReceiptChain": "last_hash",
    "orders.Receipt": "currency business_on issued_at payload previous_hash hash signature",
    "orders.ReturnLine": "disposition",
    "orders.SalesImport": "file_name format refusals started_at finished_at",
    "orders.Shortage": "status token asked_at answer_by closed_at",
    "parity.ParityRun": "at differences",
    "privacy.ArchiveLook": "document user at",
    "privacy.RetentionPeriod": "rule valid_from why",
}
